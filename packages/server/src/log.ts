import { pino } from 'pino'

export interface Log {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** JSON lines on stderr; stdout belongs to commands' answers. Secrets are taken out wherever they stand. */
export const createLog = (level: string = 'info'): Log =>
  pino({ level, base: null, redact: { paths: ['authorization', '*.authorization', 'headers.authorization', 'secret', '*.secret', 'token', '*.token', 'key', '*.key', 'ticket', '*.ticket'], censor: '[redacted]' } }, pino.destination({ dest: 2, sync: true }))

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }
