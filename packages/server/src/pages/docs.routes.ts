import { Hono } from 'hono'
import { openApiDocument } from '../http/openapi.ts'
import type { AppEnv } from '../http/route.ts'
import { assetPath, serveFile } from './assets.routes.ts'

interface DocsDeps { options: { basePath: string; publicUrl: string | null } }

const CSP = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'"

/** `/openapi.json`, and the page that shows it. */
export const docsRoutes = ({ options: { basePath } }: DocsDeps): Hono<AppEnv> => {
  let document: string | undefined
  const root = basePath === '/' ? '' : basePath
  return new Hono<AppEnv>()
    .get('/openapi.json', (context) => {
      document ??= JSON.stringify(openApiDocument(`${root}/api/v1`))
      return context.body(document, 200, { 'content-type': 'application/json; charset=utf-8', 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' })
    })
    .get('/docs', (context) => context.redirect(`${root}/docs/api`))
    .get('/docs/api', (context) => context.html(PAGE, 200, { 'content-security-policy': CSP }))
    .get('/docs/reference.js', () => serveFile(assetPath('scalar.js')))
    .get('/docs/start.js', (context) => context.body(START, 200, { 'content-type': 'text/javascript; charset=utf-8' }))
}

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Flowstate-AI · API</title>
<div id="reference"></div>
<script src="reference.js"></script>
<script src="start.js"></script>
</html>
`
const START = `Scalar.createApiReference('#reference', { url: '../openapi.json', withDefaultFonts: false, telemetry: false, hideClientButton: true })
`
