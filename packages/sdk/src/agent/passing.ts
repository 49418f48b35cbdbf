import { ConnectionError, FlowstateError, TokenError } from '../core/errors.ts'

/** What time may mend: a server that is away or busy, a token that is not to be had just now. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ConnectionError || error instanceof TokenError || (error instanceof FlowstateError && (error.status >= 500 || error.status === 429 || error.status === 408))
