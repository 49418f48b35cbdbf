import type { Key, KeyWithSecret, NewKey, Scope } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import type { System } from '../db/system.ts'
import { Forbidden, Invalid, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller, Principal } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Endings } from '../embeds/endings.ts'
import type { SessionsStore } from '../embeds/sessions.store.ts'
import type { KeysStore } from './keys.store.ts'
import { hashSecret, keyIdOf, newSecret, sameHash } from './secret.ts'

interface KeysDeps { scoped: Scoped; system: System; store: KeysStore; sessions: Pick<SessionsStore, 'liveOf'>; endings: Endings; pepper: Buffer; clock: Clock }

const LAST_USED_EVERY_MS = 60_000

/** Secret keys: made, listed, revoked, and turned into who is calling. */
export const createKeysService = ({ scoped, system, store, sessions, endings, pepper, clock }: KeysDeps) => {
  const lastTouched = new Map<string, number>()

  const retrieve = async (caller: Caller, id: string): Promise<Key> => {
    const found = await scoped.find(caller, 'keys', id)
    if (!found) throw new NotFound('keys', id)
    return JSON.parse(found.json) as Key
  }

  return {
    /** The secret is in this answer and nowhere else. A key never holds more than whoever makes it. */
    async create(caller: Caller, { name = 'Key', scopes, strict = false, expiresAt = null }: NewKey): Promise<KeyWithSecret> {
      requireWholeWorkspace(caller)
      const beyond = scopes.filter((scope) => !mayGrant(caller, scope))
      if (beyond.length > 0) throw new Forbidden(`A key cannot hold more than its maker: ${beyond.join(', ')}.`)
      if (expiresAt !== null && expiresAt <= instant(clock())) throw new Invalid([{ pointer: '/expiresAt', code: 'too_small', detail: 'must lie in the future' }])
      return make(caller.workspaceId, { name, scopes, strict, expiresAt })
    },

    /** For the command line, which speaks for whoever owns the machine. */
    createAsOwner: (workspaceId: string, { name = 'Key', scopes, strict = false, expiresAt = null }: NewKey): Promise<KeyWithSecret> => make(workspaceId, { name, scopes, strict, expiresAt }),

    list: (caller: Caller, query: ListQuery): Promise<ListPage> => scoped.list(caller, 'keys', query),

    async revoke(caller: Caller, id: string): Promise<Key> {
      requireWholeWorkspace(caller)
      const key = await retrieve(caller, id)
      if (key.revokedAt === null) {
        const at = instant(clock())
        await store.revoke(caller.workspaceId, id, at)
        endings.announce(caller.workspaceId, [`key:${id}`, ...await sessions.liveOf(caller.workspaceId, { keyId: id }, at)])
      }
      return retrieve(caller, id)
    },

    /** Whom a secret stands for; null when it is unknown, revoked or over. */
    async authenticate(secret: string): Promise<Principal | null> {
      const id = keyIdOf(secret)
      const row = id ? await system.keyById(id) : null
      if (!row || !sameHash(row.hash, hashSecret(secret, pepper))) return null
      const now = clock()
      if (row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt <= instant(now))) return null
      if (now - (lastTouched.get(row.id) ?? 0) > LAST_USED_EVERY_MS) {
        lastTouched.set(row.id, now)
        // Nobody who reads waits for it, nor is refused because it cannot be written.
        store.touch(row.workspaceId, row.id, instant(now)).catch(() => undefined)
      }
      return {
        actor: { kind: 'key', id: row.id, name: row.name }, stableId: `key:${row.id}`, workspaceId: row.workspaceId,
        scopes: new Set(row.scopes as Scope[]), records: null, strict: row.strict, expiresAt: row.expiresAt, origins: null,
      }
    },
  }

  async function make(workspaceId: string, { name, scopes, strict, expiresAt }: Required<NewKey>): Promise<KeyWithSecret> {
    const at = instant(clock())
    const key: Key = { id: newId('keys'), name, scopes: [...new Set(scopes)], strict, expiresAt, lastUsedAt: null, revokedAt: null, version: 1, createdAt: at, updatedAt: at, archivedAt: null }
    const secret = newSecret(key.id)
    await store.create(workspaceId, key, hashSecret(secret, pepper))
    return { ...key, secret }
  }
}
export type KeysService = ReturnType<typeof createKeysService>

/** Admins make keys for agents, though no person holds `tasks:work`. */
const mayGrant = (caller: Caller, scope: Scope): boolean => caller.scopes.has(scope) || (scope === 'tasks:work' && caller.scopes.has('admin'))
