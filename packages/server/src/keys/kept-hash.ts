import type { Keyring } from '../keyring/keyring.ts'
import type { Sealing } from '../sealing.ts'
import { hashSecret, sameHash } from './secret.ts'

/**
 * How a secret's hash is kept: `pepperId.hash`. After a rotation a key's secret is not there to be hashed anew before it is used: until then
 * it is `pepperId.hash.sealed`, with the earlier pepper sealed under the newest secret, so that the earlier secret may be forgotten.
 */
export const createKeptHashes = (keyring: Keyring, sealing: Sealing) => {
  const parse = (kept: string): { pepperId: string; hash: string; sealed: string | null } => {
    const [first = '', hash, ...sealed] = kept.split('.')
    return hash === undefined ? { pepperId: keyring.oldest().pepperId, hash: first, sealed: null } : { pepperId: first, hash, sealed: sealed.length > 0 ? sealed.join('.') : null }
  }
  const pepperOf = ({ pepperId, sealed }: ReturnType<typeof parse>, place: string): Buffer | undefined =>
    (sealed === null ? keyring.find((of) => of.pepperId === pepperId)?.pepper : Buffer.from(sealing.open(sealed, placeOf(place)), 'base64url'))
  const placeOf = (place: string): string => `${place}/pepper`

  return {
    keep(secret: string): string {
      const { pepperId, pepper } = keyring.current()
      return `${pepperId}.${hashSecret(secret, pepper)}`
    },
    /** Whether it is this secret's. `place` names whose it is, such as `wsp_…/key_…`. */
    fits(secret: string, kept: string, place: string): boolean {
      const parsed = parse(kept)
      const pepper = pepperOf(parsed, place)
      return pepper !== undefined && sameHash(parsed.hash, hashSecret(secret, pepper))
    },
    /** Whether it is kept under the newest secret's own pepper. */
    isCurrent: (kept: string): boolean => kept.startsWith(`${keyring.current().pepperId}.`),
    /** Whether nothing of it needs an earlier secret. */
    isCarried: (kept: string): boolean => {
      const { pepperId, sealed } = parse(kept)
      return sealed === null ? pepperId === keyring.current().pepperId : sealing.isCurrent(sealed)
    },
    /** The same in need of no earlier secret; null where that is so already, or its secret is not known any more. */
    carried(kept: string, place: string): string | null {
      const { pepperId, hash, sealed } = parse(kept)
      if (sealed !== null) {
        const renewed = sealing.renewed(sealed, placeOf(place))
        return renewed === null ? null : `${pepperId}.${hash}.${renewed}`
      }
      const { current, find } = keyring
      const pepper = pepperId === current().pepperId ? undefined : find((of) => of.pepperId === pepperId)?.pepper
      return pepper === undefined ? null : `${pepperId}.${hash}.${sealing.seal(pepper.toString('base64url'), placeOf(place))}`
    },
  }
}
export type KeptHashes = ReturnType<typeof createKeptHashes>
