import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Keyring } from './keyring/keyring.ts'

const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** Other parties' secrets at rest: AES-256-GCM, bound to where they belong, so that a sealed one moved elsewhere opens nothing. */
export const createSealing = (keyring: Keyring) => {
  const sealing = {
    /** `keyId.base64url(iv + tag + ciphertext)`, under the newest secret. `place` names whose it is, such as `wsp_…/whk_…`. */
    seal(text: string, place: string): string {
      const { keyId, key } = keyring.current().sealing
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(place))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return `${keyId}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`
    },
    /** @throws when it was sealed by another instance's secret, for another place, or tampered with. */
    open(sealed: string, place: string): string {
      const [of, text = ''] = sealed.split('.', 2)
      const found = keyring.find(({ sealing: { keyId } }) => keyId === of)
      if (!found) throw new Error('This secret was sealed under another FLOWSTATE_SECRET: add that one behind the newest, separated by a comma, and run: flowstate secrets rotate')
      const bytes = Buffer.from(text, 'base64url')
      const decipher = createDecipheriv(ALGORITHM, found.sealing.key, bytes.subarray(0, IV_BYTES)).setAAD(Buffer.from(place))
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
    },
    /** Whether the newest secret sealed it. */
    isCurrent: (sealed: string): boolean => sealed.split('.', 1)[0] === keyring.current().sealing.keyId,
    /** The same under the newest secret; null where that, or no secret that is known, sealed it. */
    renewed(sealed: string, place: string): string | null {
      const [of] = sealed.split('.', 1)
      if (sealing.isCurrent(sealed) || !keyring.find(({ sealing: { keyId } }) => keyId === of)) return null
      return sealing.seal(sealing.open(sealed, place), place)
    },
  }
  return sealing
}
export type Sealing = ReturnType<typeof createSealing>
