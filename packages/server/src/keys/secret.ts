import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { ID_PREFIX } from '@flowstate-ai/sdk/contract'

const PREFIXES = { key: 'fsk_', agent: 'fsa_' } as const
const PREFIX_LENGTH = PREFIXES.key.length
const ID_LENGTH = 26
const SECRET_LENGTH = 43
const CHECKSUM_LENGTH = 6

/**
 * `fsk_`, or `fsa_` of an agent, + the key's ULID + 32 random bytes in base64url + six characters of checksum: scanners of leaked secrets know it by
 * its prefix, and a mistyped one is refused without a look into the database.
 */
export const newSecret = (keyId: string, of: keyof typeof PREFIXES): string => {
  const body = `${PREFIXES[of]}${keyId.slice(ID_PREFIX.keys.length + 1)}${randomBytes(32).toString('base64url')}`
  return body + checksum(body)
}

/** The key's id that a secret names; null when it is not one of ours or was mistyped. */
export const keyIdOf = (secret: string): string | null => {
  if (!Object.values(PREFIXES).some((prefix) => secret.startsWith(prefix)) || secret.length !== PREFIX_LENGTH + ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH) return null
  const body = secret.slice(0, -CHECKSUM_LENGTH)
  if (checksum(body) !== secret.slice(-CHECKSUM_LENGTH)) return null
  return `${ID_PREFIX.keys}_${body.slice(PREFIX_LENGTH, PREFIX_LENGTH + ID_LENGTH)}`
}

/** HMAC-SHA-256 under a key of the instance: what lies in the database opens nothing by itself. */
export const hashSecret = (secret: string, pepper: Buffer): string => createHmac('sha256', pepper).update(secret).digest('base64url')

export const sameHash = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const checksum = (body: string): string => createHash('sha256').update(body).digest('base64url').slice(0, CHECKSUM_LENGTH)
