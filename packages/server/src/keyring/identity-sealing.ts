import { identitySecretsOf } from '../identities/secrets.ts'
import type { Keyring } from './keyring.ts'

/** What better-auth seals: `$ba$version$hex`, or bare hex from before it wrote down under which secret. */
const ENVELOPE = /^\$ba\$(\d+)\$/
const BARE = /^(?:[0-9a-f]{2}){40,}$/

/** Second factors and the tokens of OpenID providers, as better-auth keeps them. */
export const createIdentitySealing = (keyring: Keyring) => ({
  isCurrent: (kept: string | null): boolean => kept === null || !isSealed(kept) || ENVELOPE.exec(kept)?.[1] === String(keyring.current().identitiesVersion),
  /** The same under the newest secret; null where no secret that is known opens it. */
  async renewed(kept: string): Promise<string | null> {
    const { symmetricDecrypt, symmetricEncrypt } = await import('better-auth/crypto')
    const { secret, secrets } = identitySecretsOf(keyring)
    const key = { keys: new Map(secrets.map(({ version, value }) => [version, value])), currentVersion: keyring.current().identitiesVersion, legacySecret: secret }
    try {
      return await symmetricEncrypt({ key, data: await symmetricDecrypt({ key, data: kept }) })
    } catch {
      return null
    }
  },
})
export type IdentitySealing = ReturnType<typeof createIdentitySealing>

/** A token may also be kept as it came. */
const isSealed = (kept: string): boolean => ENVELOPE.test(kept) || BARE.test(kept)
