import { pino } from 'pino'
import { censored, withoutValues } from './censor.ts'

export interface Log {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/**
 * JSON lines on stderr; stdout belongs to commands' answers. Secrets are taken out wherever they stand: by the name of what holds them, of
 * errors all but what is known to hold none, and by what they look like at last.
 */
export const createLog = (level: string = 'info'): Log => {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: KEPT_BYTES })
  // Where stderr is a file on a full disk, lines wait, and the oldest that wait stay; nothing ends because it cannot be told.
  destination.on('error', () => undefined)
  return pino({
    level, base: null, redact: { paths: [...SECRET_NAMES, ...SECRET_NAMES.map((name) => `*${name.startsWith('[') ? '' : '.'}${name}`), ...SECRET_NAMES.map((name) => `*.*${name.startsWith('[') ? '' : '.'}${name}`)], censor: '[redacted]' },
    serializers: { err: errorFields },
    hooks: { streamWrite: lineWithoutSecrets },
  }, destination)
}
const KEPT_BYTES = 1_048_576

/** A mail that was not sent is there for whoever runs the server, its link included (mail.ts). */
export const lineWithoutSecrets = (line: string): string => (line.includes('"mail":{"to":') ? line : censored(line))

const SECRET_NAMES = [
  'authorization', 'cookie', '["set-cookie"]', '["proxy-authorization"]', '["x-api-key"]', 'secret', 'secrets', 'token', 'key', 'ticket', 'verifier', 'refresh', 'password', 'setup', 'setupUrl', 'accessToken', 'refreshToken', 'idToken', 'clientSecret', 'smtpUrl', 'databaseUrl', 'params',
]

/** Of an error that somebody else has made, these; others may hold what was sent, such as the values of a query. */
const TOLD = ['type', 'code', 'errno', 'syscall', 'address', 'port', 'severity', 'table', 'column', 'constraint', 'routine', 'command', 'responseCode', 'status'] as const

const errorFields = (error: unknown): unknown => {
  if (!(error instanceof Error)) return typeof error === 'object' ? '[not an error]' : error
  const all = pino.stdSerializers.err(error) as unknown as Record<string, unknown>
  return { ...Object.fromEntries(TOLD.filter((name) => all[name] !== undefined).map((name) => [name, all[name]])), message: withoutValues(String(all.message)), stack: withoutValues(String(all.stack)) }
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }
