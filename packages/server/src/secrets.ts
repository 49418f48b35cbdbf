import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'

/** Everything secret that the instance uses, derived from its one secret (HKDF-SHA-256, RFC 5869), each for one purpose. */
export interface InstanceSecrets {
  /** HMAC key under which secret keys are kept, and its id. */
  pepper: Buffer
  pepperId: string
  /** Ed25519 pair that signs embed tokens, and its id. */
  signing: { kid: string; privateKey: KeyObject; publicKey: KeyObject }
  /** What sign-in cookies are signed with, and the number by which better-auth knows it. */
  identities: string
  identitiesVersion: number
  /** AES-256 key that seals other parties' secrets at rest, and its id. */
  sealing: { keyId: string; key: Buffer }
}

const ID_LENGTH = 12

export const deriveSecrets = (secret: string): InstanceSecrets => {
  if (secret.length < 32) throw new Error('The instance secret must have at least 32 characters; make one with: openssl rand -base64 48')
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, derive(secret, 'embed token signing key')]), format: 'der', type: 'pkcs8' })
  return {
    pepper: derive(secret, 'secret key pepper'),
    pepperId: derive(secret, 'secret key pepper id').toString('base64url').slice(0, ID_LENGTH),
    signing: { kid: derive(secret, 'embed token key id').toString('base64url').slice(0, ID_LENGTH), privateKey, publicKey: createPublicKey(privateKey) },
    identities: derive(secret, 'identities').toString('base64url'),
    identitiesVersion: derive(secret, 'identities version').readUInt32BE(),
    sealing: { keyId: derive(secret, 'sealing key id').toString('base64url').slice(0, ID_LENGTH), key: derive(secret, 'sealing key') },
  }
}

/** The header of an Ed25519 private key in PKCS #8 (RFC 8410), before its 32 bytes. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')
const derive = (secret: string, purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, 'flowstate', purpose, 32))
