import type { System } from '../db/system.ts'
import { within } from '../db/within.ts'
import type { KeptHashes } from '../keys/kept-hash.ts'
import type { Statement } from '../ledger/ledger.ts'
import type { Sealing } from '../sealing.ts'
import type { KeptSecret } from '../webhooks/webhooks.store.ts'
import type { IdentitySealing } from './identity-sealing.ts'
import type { RotationStore } from './rotation.store.ts'

export type HeldKind = 'keys' | 'webhooks' | 'secondFactors' | 'accounts'
/** A row that lies under an earlier secret. `renew` answers what puts it under the newest; null: its secret is not known any more. */
export interface Held { kind: HeldKind; workspaceId: string | null; id: string; renew(): Promise<Statement | null> }

interface HeldDeps { store: RotationStore; system: System; hashes: KeptHashes; sealing: Sealing; identities: IdentitySealing }

const PAGE = 100

/** Every row that still needs an earlier secret, a page at a time. */
export const createHeld = ({ store, system, hashes, sealing, identities }: HeldDeps) => {
  const keysOf = (workspaceId: string) => pages((after) => store.keys(workspaceId, after, PAGE), ({ id, hash }) => (hashes.isCarried(hash) ? null : {
    kind: 'keys', workspaceId, id,
    async renew() {
      const carried = hashes.carried(hash, `${workspaceId}/${id}`)
      return carried === null ? null : store.setKey(workspaceId, id, hash, carried)
    },
  }))
  const webhooksOf = (workspaceId: string) => pages((after) => store.webhooks(workspaceId, after, PAGE), ({ id, version, secrets }) => (secrets.every(({ sealed }) => sealing.isCurrent(sealed)) ? null : {
    kind: 'webhooks', workspaceId, id,
    async renew() {
      const renewed: KeptSecret[] = secrets.map((each) => ({ ...each, sealed: sealing.renewed(each.sealed, `${workspaceId}/${id}`) ?? each.sealed }))
      return renewed.every(({ sealed }, index) => sealed === secrets[index]?.sealed) ? null : store.setWebhook(workspaceId, id, version, renewed)
    },
  }))
  const secondFactors = () => pages(store.secondFactors.bind(null), (row) => (identities.isCurrent(row.secret) && identities.isCurrent(row.backupCodes) ? null : {
    kind: 'secondFactors', workspaceId: null, id: row.id,
    async renew() {
      const [secret, backupCodes] = [await identities.renewed(row.secret), await identities.renewed(row.backupCodes)]
      return secret === null || backupCodes === null ? null : store.setSecondFactor(row.id, row, { secret, backupCodes })
    },
  }))
  const accounts = () => pages(store.accounts.bind(null), ({ id, ...tokens }) => (Object.values(tokens).every(identities.isCurrent) ? null : {
    kind: 'accounts', workspaceId: null, id,
    async renew() {
      const renewed = async (kept: string | null) => (kept === null || identities.isCurrent(kept) ? kept : identities.renewed(kept))
      const next = { accessToken: await renewed(tokens.accessToken), refreshToken: await renewed(tokens.refreshToken), idToken: await renewed(tokens.idToken) }
      return (['accessToken', 'refreshToken', 'idToken'] as const).some((name) => next[name] === null && tokens[name] !== null) ? null : store.setAccount(id, tokens, next)
    },
  }))

  return async function* held(): AsyncGenerator<Held[]> {
    for (const { id } of await system.workspaces()) {
      yield* seenWithin(id, keysOf(id))
      yield* seenWithin(id, webhooksOf(id))
    }
    yield* secondFactors()
    yield* accounts()
  }
}

/** Through all rows in the order of their ids; yields those of a page that `toHeld` does not pass over. */
async function* pages<Row extends { id: string }>(read: (after: string, limit: number) => PromiseLike<Row[]>, toHeld: (row: Row) => Held | null): AsyncGenerator<Held[]> {
  for (let after = ''; ;) {
    const rows = await read(after, PAGE)
    const last = rows.at(-1)
    if (last === undefined) return
    const found = rows.map(toHeld).filter((each) => each !== null)
    if (found.length > 0) yield found
    after = last.id
  }
}

/** Each step of a walk is taken within its workspace. */
async function* seenWithin(workspaceId: string, walk: AsyncGenerator<Held[]>): AsyncGenerator<Held[]> {
  for (;;) {
    const { done, value } = await within(workspaceId, () => walk.next())
    if (done) return
    yield value
  }
}
