import { WebhookVerificationError } from '../core/errors.ts'

export type RawBody = string | Uint8Array | ArrayBuffer
export const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' }
const PREFIX = 'whsec_'

/** The key of a secret `whsec_…`: WebCrypto's, which workers, Deno, browsers and Node all have. */
export const keyOf = async (secret: string, use: 'sign' | 'verify'): Promise<CryptoKey> => {
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = fromBase64(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret)
  } catch (cause) {
    throw new WebhookVerificationError('The secret is not one of a webhook: it looks like whsec_ and base64.', { code: 'webhook_secret', cause })
  }
  if (bytes.length === 0) throw new WebhookVerificationError('The secret is missing; it looks like whsec_ and base64.', { code: 'webhook_secret' })
  return crypto.subtle.importKey('raw', bytes, ALGORITHM, false, [use])
}

/** What is signed, by Standard Webhooks: `id.timestamp.body`, the body as the bytes that came. */
export const signedBytes = (id: string, timestamp: string, body: RawBody): Uint8Array<ArrayBuffer> => {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`)
  const tail = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body)
  const bytes = new Uint8Array(head.length + tail.length)
  bytes.set(head)
  bytes.set(tail, head.length)
  return bytes
}

export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
export const toBase64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)))
