import { ALGORITHM, keyOf, type RawBody, signedBytes, toBase64 } from './hmac.ts'

export interface SignedHeaders { 'webhook-id': string; 'webhook-timestamp': string; 'webhook-signature': string }
export interface SignOptions {
  /** Default: a random one. */
  id?: string
  /** Milliseconds since 1970; default now. */
  now?: () => number
}

/**
 * Signs a message as the server would, for tests of a receiver. Of several secrets each signs.
 *
 * @example
 * const body = JSON.stringify({ type: 'webhooks.test', timestamp: new Date().toISOString(), data: { webhookId: 'whk_1' } })
 * await fetch(receiver, { method: 'POST', body, headers: await Flowstate.webhooks.sign(body, secret) })
 */
export const sign = async (body: RawBody, secrets: string | readonly string[], { id = `msg_${toHex(crypto.getRandomValues(new Uint8Array(13)))}`, now = Date.now }: SignOptions = {}): Promise<SignedHeaders> => {
  const timestamp = String(Math.floor(now() / 1_000))
  const bytes = signedBytes(id, timestamp, body)
  const signatures = await Promise.all([secrets].flat().map(async (secret) => `v1,${toBase64(await crypto.subtle.sign(ALGORITHM, await keyOf(secret, 'sign'), bytes))}`))
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
