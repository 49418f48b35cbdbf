import { Hono } from 'hono'
import type { AppEnv } from '../http/route.ts'

/** A page of the server's own: one of our elements in an empty document. */
export interface Page {
  title: string
  /** Scripts below `/elements/`, such as `pages/sign-in.js`. */
  modules: readonly string[]
  /** What stands in its body, made by `markup`. */
  body: string
  /** Origins besides the server's own that it speaks to, such as those of the rooms. */
  connect?: readonly string[]
  /** Keeps the window that opened it within reach, of whatever origin; default false. */
  opened?: boolean
  status?: 200 | 404
}

const SHEET = '/pages/page.css'

/**
 * Answers a page: nothing inline, nothing from elsewhere, in nobody's frame, and its address, which may hold the key of a link, told to
 * nobody. Every address in it is below the server's base path.
 */
export const page = (basePath: string, { title, modules, body, connect = [], opened = false, status = 200 }: Page): Response => {
  const root = basePath === '/' ? '' : basePath
  const scripts = modules.map((name) => markup`<script type="module" src="${`${root}/elements/${name}`}"></script>`).join('\n')
  const text = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${markup`<title>${title}</title>`}
<link rel="icon" href="data:,">
${markup`<link rel="stylesheet" href="${root + SHEET}">`}
${scripts}
<body>
${body}
<noscript>This page needs JavaScript.</noscript>
</body>
</html>
`
  return new Response(text, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self'; connect-src ${["'self'", ...connect].join(' ')}; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html`,
      'cross-origin-opener-policy': opened ? 'unsafe-none' : 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    },
  })
}

/** What all pages look like around their element. */
export const sheetRoutes = (): Hono<AppEnv> => new Hono<AppEnv>().get(SHEET, (context) => context.body(STYLES, 200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-cache' }))

/** HTML in which every value is text. */
export const markup = (parts: TemplateStringsArray, ...values: readonly string[]): string => String.raw({ raw: parts }, ...values.map(escaped))

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter)

const STYLES = `:root { color-scheme: light dark; }
html, body { margin: 0; min-block-size: 100%; }
body { background: light-dark(#f6f6f8, #131419); color: light-dark(#1b1d27, #eceef4); font: 400 14px / 1.45 ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; }
noscript { display: block; padding: 48px 24px; text-align: center; }
`
