import { pino } from 'pino'

export interface Log {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** JSON lines on stderr; stdout belongs to commands' answers. Secrets are taken out wherever they stand. */
export const createLog = (level: string = 'info'): Log => {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: KEPT_BYTES })
  // Where stderr is a file on a full disk, lines wait, and the oldest that wait stay; nothing ends because it cannot be told.
  destination.on('error', () => undefined)
  return pino({ level, base: null, redact: { paths: ['authorization', '*.authorization', 'headers.authorization', 'secret', '*.secret', 'token', '*.token', 'key', '*.key', 'ticket', '*.ticket'], censor: '[redacted]' } }, destination)
}
const KEPT_BYTES = 1_048_576

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }
