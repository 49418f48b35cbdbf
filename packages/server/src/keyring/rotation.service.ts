import { type AuditService, INSTANCE } from '../audit/audit.service.ts'
import type { System } from '../db/system.ts'
import { within } from '../db/within.ts'
import { Conflict } from '../errors.ts'
import type { KeptHashes } from '../keys/kept-hash.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import type { Sealing } from '../sealing.ts'
import { createHeld, type Held, type HeldKind } from './held.ts'
import { createIdentitySealing } from './identity-sealing.ts'
import type { Keyring } from './keyring.ts'
import { MOVED, type RotationStore } from './rotation.store.ts'

interface RotationDeps { keyring: Keyring; sealing: Sealing; hashes: KeptHashes; store: RotationStore; ledger: Pick<Ledger, 'run'>; system: System; audit: Pick<AuditService, 'record'> }

export interface Rotated {
  /** Whether a new secret was made; else one that was made before was brought to its end. */
  made: boolean
  /** Rows that were put under the newest secret, by what they are. */
  renewed: Record<HeldKind, number>
  /** Rows whose secret is not known any more; nothing opens them. */
  lost: number
  /** Earlier secrets that are still known, for what they signed. */
  earlier: number
  /** Where the secrets stand. */
  kept: 'file' | 'environment'
}

const MOST_PASSES = 10
/** The newest, and the one before it, whose tokens and sign-ins go on. */
const KNOWN = 2

/**
 * Puts the instance under another secret while it serves. Rows are renewed one by one, each where it is still as it was read, and are readable
 * all the while, since every secret that any of them needs is known until none does: cut off at any point, the next call goes on.
 */
export const createRotationService = ({ keyring, sealing, hashes, store, ledger, system, audit }: RotationDeps) => {
  const held = createHeld({ store, system, hashes, sealing, identities: createIdentitySealing(keyring) })

  const anyHeld = async (): Promise<boolean> => {
    for await (const page of held()) for (const each of page) if (await each.renew() !== null) return true
    return false
  }

  /** One row; whether it is done. */
  const renew = async (each: Held): Promise<'renewed' | 'moved' | 'lost'> => {
    const statement = await each.renew()
    if (statement === null) return 'lost'
    const run = () => ledger.run({ workspaceId: each.workspaceId, statements: [statement] })
    const outcome = await (each.workspaceId === null ? run() : within(each.workspaceId, run))
    if (outcome.state !== 'refused') return 'renewed'
    if (outcome.refusal.reason === 'expectation' && outcome.refusal.otherwise === MOVED) return 'moved'
    throw refused(outcome.refusal)
  }

  const renewAll = async (): Promise<Pick<Rotated, 'renewed' | 'lost'>> => {
    const renewed: Rotated['renewed'] = { keys: 0, webhooks: 0, secondFactors: 0, accounts: 0 }
    for (let pass = 1; ; pass++) {
      let [again, lost] = [false, 0]
      for await (const page of held()) {
        const outcomes = await Promise.all(page.map(renew))
        outcomes.forEach((outcome, index) => {
          const kind = page[index]?.kind
          if (outcome === 'renewed' && kind) renewed[kind]++
          if (outcome === 'lost') lost++
          // Somebody wrote it meanwhile, by an earlier secret perhaps.
          again ||= outcome !== 'lost'
        })
      }
      if (!again) return { renewed, lost }
      if (pass >= MOST_PASSES) throw new Conflict('conflict', 'Other servers go on writing under the earlier secret. Start them again with the newest one first, and repeat the command.')
    }
  }

  let working = false
  return {
    /** @throws Conflict where the secrets are set in the environment and only one is. */
    async rotate({ endPrevious = false }: { endPrevious?: boolean } = {}): Promise<Rotated> {
      if (working) throw new Conflict('in_flight', 'The secret is being rotated just now.')
      if (endPrevious && !keyring.writable) throw new Conflict('invalid_state', 'The secrets are set in the environment of the server: take the previous one out of its FLOWSTATE_SECRET, and start it again.')
      working = true
      try {
        keyring.read()
        const unfinished = await anyHeld()
        const made = keyring.writable && !unfinished
        if (!keyring.writable && keyring.all().length === 1) throw new Conflict('invalid_state', ADD_ONE)
        if (made) keyring.advance()
        const { renewed, lost } = await renewAll()
        if (keyring.writable) keyring.keep(endPrevious ? 1 : KNOWN)
        await audit.record({ workspaceId: INSTANCE, event: 'secrets.rotate', actor: { kind: 'system', id: 'system', name: 'Command line' }, subject: keyring.current().signing.kid, details: { made, lost, endPrevious }, requestId: 'secrets-rotate' })
        return { made, renewed, lost, earlier: keyring.all().length - 1, kept: keyring.writable ? 'file' : 'environment' }
      } finally {
        working = false
      }
    },
  }
}
export type RotationService = ReturnType<typeof createRotationService>

const ADD_ONE = 'The secret is set in the environment, where no command can change it. Put a new one in front of it, separated by a comma, start the server again, and repeat this: FLOWSTATE_SECRET="$(openssl rand -base64 48),$FLOWSTATE_SECRET"'
