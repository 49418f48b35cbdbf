import { DrizzleQueryError } from 'drizzle-orm/errors'

const CENSORED = '[redacted]'

/** What a secret of ours, or of somebody's, looks like wherever it stands. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  // Keys, agents' tokens, refreshes, webhooks' secrets.
  [/\b(fs[kar]_|whsec_)[\w+/=.-]{8,}/g, `$1${CENSORED}`],
  // Signed tokens.
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, CENSORED],
  [/\b(bearer)\s+[\w+/=.~-]{8,}/gi, `$1 ${CENSORED}`],
  // The password of an address; and what one-time links and sockets carry in theirs.
  [/(:\/\/[^\s/:@"]*):[^\s@"]+@/g, `$1:${CENSORED}@`],
  [/([?&](?:ticket|token|code|refresh|access_token|id_token|client_secret)=)[^\s&"\\]+/g, `$1${CENSORED}`],
  // Cookies of ours.
  [/(__Host-flowstate[\w.-]*=)[^\s;"\\]+/g, `$1${CENSORED}`],
]

/** A text without what looks like a secret. */
export const censored = (text: string): string => SHAPES.reduce((rest, [shape, instead]) => rest.replaceAll(shape, instead), text)

/** What an error says, without the values of a query that has failed. */
export const sayingOf = (error: unknown): string => {
  if (error instanceof DrizzleQueryError && error.cause) return sayingOf(error.cause)
  if (!(error instanceof Error)) return censored(String(error))
  return censored(withoutValues(error.message || String((error as { code?: string }).code ?? '')))
}

/** drizzle tells of a query with its values below, up to the end or to where a stack goes on. */
export const withoutValues = (text: string): string => text.replaceAll(/\nparams: [\s\S]*?(?=\n {4}at |\ncaused by: |$)/g, '')
