import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from './route.ts'

const A_YEAR_SECONDS = 31_536_000
const UNFRAMED = "frame-ancestors 'none'"

/**
 * What every answer tells a browser: to take it for nothing but what it says it is, to tell no other server the address that it came from,
 * to hand it to no page of another origin but by CORS, and, where the public address is https, to come by nothing else for a year.
 * Made once; those of the interface's JSON are these and no more.
 */
export const secureHeadersOf = ({ publicUrl }: { publicUrl: string | null }): Readonly<Record<string, string>> => ({
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  ...(publicUrl?.startsWith('https:') ? { 'strict-transport-security': `max-age=${A_YEAR_SECONDS}` } : {}),
})

/** Sets them where an answer does not say otherwise, as the elements' scripts do, which pages of all origins load. No page is framed unless it says by whom. */
export const secureHeaders = (secure: Readonly<Record<string, string>>): MiddlewareHandler<AppEnv> => async function secured(context, next) {
  await next()
  const { headers } = context.res
  for (const name in secure) if (!headers.has(name)) headers.set(name, secure[name] ?? '')
  if (!headers.get('content-type')?.startsWith('text/html')) return
  const policy = headers.get('content-security-policy')
  if (policy?.includes('frame-ancestors')) {
    // For browsers that know no frame-ancestors; it knows no other origins.
    if (policy.includes("frame-ancestors 'self'")) headers.set('x-frame-options', 'SAMEORIGIN')
    return
  }
  headers.set('content-security-policy', policy === null ? UNFRAMED : `${policy.replace(/;?\s*$/, '')}; ${UNFRAMED}`)
  headers.set('x-frame-options', 'DENY')
}
