import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { InstanceSecrets } from './secrets.ts'

const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** Other parties' secrets at rest: AES-256-GCM, bound to where they belong, so that a sealed one moved elsewhere opens nothing. */
export const createSealing = ({ keyId, key }: InstanceSecrets['sealing']) => ({
  keyId,
  /** `keyId.base64url(iv + tag + ciphertext)`. `place` names whose it is, such as `wsp_…/whk_…`. */
  seal(text: string, place: string): string {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(place))
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return `${keyId}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`
  },
  /** @throws when it was sealed by another instance's secret, for another place, or tampered with. */
  open(sealed: string, place: string): string {
    const [of, text = ''] = sealed.split('.', 2)
    if (of !== keyId) throw new Error('This secret was sealed under another FLOWSTATE_SECRET; set that one again, or rotate the secret.')
    const bytes = Buffer.from(text, 'base64url')
    const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES)).setAAD(Buffer.from(place))
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
  },
})
export type Sealing = ReturnType<typeof createSealing>
