export { WebhookVerificationError } from '../core/errors.ts'
export type { WebhookMessage } from './message.ts'
export { sign, type SignedHeaders, type SignOptions } from './sign.ts'
export { verify, type VerifyOptions, type WebhookHeaders } from './verify.ts'
