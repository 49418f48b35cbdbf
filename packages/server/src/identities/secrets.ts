import { createHmac } from 'node:crypto'
import type { Keyring } from '../keyring/keyring.ts'
import { sameHash } from '../keys/secret.ts'
import { COOKIE_PREFIX } from './cookie.ts'

/** The secrets as better-auth takes them: the newest first; `secret` for what it sealed before it wrote down under which. */
export interface IdentitySecrets { secret: string; secrets: { version: number; value: string }[] }

export const identitySecretsOf = (keyring: Pick<Keyring, 'all' | 'oldest'>): IdentitySecrets => ({
  secret: keyring.oldest().identities,
  secrets: keyring.all().map(({ identities, identitiesVersion }) => ({ version: identitiesVersion, value: identities })),
})

/** Cookies that an earlier secret signed, signed by the newest: better-auth knows that one alone, and nobody has to sign in again. */
export const resigned = (cookies: string, keyring: Pick<Keyring, 'all'>): string => {
  const [current, ...earlier] = keyring.all().map(({ identities }) => identities)
  if (current === undefined || earlier.length === 0) return cookies
  return cookies.split(';').map((pair) => {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at)
    if (at < 0 || !name.trim().startsWith(COOKIE_PREFIX)) return pair
    const signed = decoded(pair.slice(at + 1).trim())
    const end = signed.lastIndexOf('.')
    const [value, signature] = [signed.slice(0, end), signed.slice(end + 1)]
    if (end < 1 || !earlier.some((secret) => sameHash(signature, signatureOf(value, secret)))) return pair
    return `${name}=${encodeURIComponent(`${value}.${signatureOf(value, current)}`)}`
  }).join(';')
}

const signatureOf = (value: string, secret: string): string => createHmac('sha256', secret).update(value).digest('base64')
const decoded = (text: string): string => {
  try { return decodeURIComponent(text) } catch { return text }
}
