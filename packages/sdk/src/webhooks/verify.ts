import { WebhookVerificationError } from '../core/errors.ts'
import { ALGORITHM, fromBase64, keyOf, type RawBody, signedBytes } from './hmac.ts'
import type { WebhookMessage } from './message.ts'

/** A `Headers`, or an object such as Node's `request.headers`. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>
export interface VerifyOptions {
  /** How far the message's time may lie from ours; default 300. */
  toleranceSeconds?: number
  /** Milliseconds since 1970; default the system's. */
  now?: () => number
}

/**
 * Checks a message against its secret, or any of several while one is being replaced, and answers it. `body` must be the bytes as
 * they came: parsed and written anew they may differ. Signatures are compared by WebCrypto, in constant time.
 *
 * @throws WebhookVerificationError
 */
export const verify = async (body: RawBody, headers: WebhookHeaders, secrets: string | readonly string[], { toleranceSeconds = 300, now = Date.now }: VerifyOptions = {}): Promise<WebhookMessage> => {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headerOf(headers, name))
  if (!id || !timestamp || !signatures) throw new WebhookVerificationError('The headers webhook-id, webhook-timestamp and webhook-signature are not all there.', { code: 'webhook_headers' })
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookVerificationError('webhook-timestamp is not a time in seconds.', { code: 'webhook_headers' })
  if (Math.abs(Math.floor(now() / 1_000) - Number(timestamp)) > toleranceSeconds) {
    throw new WebhookVerificationError(`The message is older, or newer, than ${toleranceSeconds} s by this machine's clock: it may be a replay, or the clock is wrong.`, { code: 'webhook_expired' })
  }
  const bytes = signedBytes(id, timestamp, body)
  const given = signatures.split(' ').flatMap((signature) => (signature.startsWith('v1,') ? decoded(signature.slice(3)) : []))
  const keys = await Promise.all([secrets].flat().map((secret) => keyOf(secret, 'verify')))
  if (keys.length === 0) throw new WebhookVerificationError('The secret is missing; it looks like whsec_ and base64.', { code: 'webhook_secret' })
  const results = await Promise.all(keys.flatMap((key) => given.map((signature) => crypto.subtle.verify(ALGORITHM, key, signature, bytes))))
  if (!results.includes(true)) throw new WebhookVerificationError('No signature fits: the secret is another\'s, or the body is not as it was sent.', { code: 'webhook_signature' })
  try {
    return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)) as WebhookMessage
  } catch (cause) {
    throw new WebhookVerificationError('The body is signed, but is not JSON.', { code: 'webhook_body', cause })
  }
}

const headerOf = (headers: WebhookHeaders, name: string): string | undefined => {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return typeof value === 'string' ? value : value?.[0]
}

const decoded = (text: string): Uint8Array<ArrayBuffer>[] => {
  try {
    return [fromBase64(text)]
  } catch {
    // Not a signature of this kind; others may be.
    return []
  }
}
