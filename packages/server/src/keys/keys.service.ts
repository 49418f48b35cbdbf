import { type AgentPresence, type Key, type KeyRotation, type KeyWithSecret, type NewAgentToken, type NewKey, ROTATION_GRACE, type Scope } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import type { System } from '../db/system.ts'
import { within } from '../db/within.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller, Principal } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Endings } from '../embeds/endings.ts'
import type { SessionsStore } from '../embeds/sessions.store.ts'
import { hasEnded } from './ended.ts'
import type { KeysStore } from './keys.store.ts'
import type { KeptHashes } from './kept-hash.ts'
import { keyIdOf, newSecret } from './secret.ts'

interface KeysDeps { scoped: Scoped; system: System; store: KeysStore; sessions: Pick<SessionsStore, 'liveOf' | 'revokeOf'>; endings: Endings; hashes: KeptHashes; clock: Clock }

const LAST_USED_EVERY_MS = 60_000

/** Secret keys: made, listed, revoked, and turned into who is calling. */
export const createKeysService = ({ scoped, system, store, sessions, endings, hashes, clock }: KeysDeps) => {
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
      refusePast(expiresAt)
      return make(caller.workspaceId, { name, scopes, strict, expiresAt }, null)
    },

    /** A token that is one agent and nobody else. */
    async createForAgent(caller: Caller, agentId: string, { name, scopes = ['crm:read', 'agents:read', 'tasks:work'], kinds, expiresAt = null }: NewAgentToken): Promise<KeyWithSecret> {
      requireWholeWorkspace(caller)
      const beyond = scopes.filter((scope) => !mayGrant(caller, scope))
      if (beyond.length > 0) throw new Forbidden(`A token cannot hold more than its maker: ${beyond.join(', ')}.`)
      return makeForAgent(caller.workspaceId, agentId, { ...(name === undefined ? {} : { name }), scopes, ...(kinds === undefined ? {} : { kinds }), expiresAt })
    },

    /** For the command line, which speaks for whoever owns the machine. */
    createForAgentAsOwner: (workspaceId: string, agentId: string, token: NewAgentToken = {}): Promise<KeyWithSecret> => makeForAgent(workspaceId, agentId, { scopes: ['crm:read', 'agents:read', 'tasks:work'], ...token }),

    /** A key of the same name and scopes; the old one, and the tokens that it minted, work on for a while. */
    async rotate(caller: Caller, id: string, { graceSeconds = ROTATION_GRACE.default }: KeyRotation): Promise<KeyWithSecret> {
      requireWholeWorkspace(caller)
      const old = await retrieve(caller, id)
      const now = clock()
      if (old.revokedAt !== null || (old.expiresAt !== null && old.expiresAt <= instant(now))) throw new Conflict('invalid_state', 'This key has ended: make another instead.')
      const beyond = old.scopes.filter((scope) => !mayGrant(caller, scope))
      if (beyond.length > 0) throw new Forbidden(`A key cannot hold more than its maker: ${beyond.join(', ')}.`)
      const ends = instant(now + graceSeconds * 1_000)
      const made = await make(caller.workspaceId, { name: old.name, scopes: old.scopes, strict: old.strict, expiresAt: old.expiresAt }, old.agentId === null ? null : { id: old.agentId, kinds: old.kinds ?? [] })
      if (old.expiresAt === null || old.expiresAt > ends) {
        await store.expire(caller.workspaceId, id, ends, instant(now))
        // What is open goes by the end that it had: closed, it comes back to the new one.
        endings.announce(caller.workspaceId, [`key:${id}`, ...await sessions.liveOf(caller.workspaceId, { keyId: id }, instant(now))])
      }
      return made
    },

    /** For the command line, which speaks for whoever owns the machine. */
    createAsOwner: (workspaceId: string, { name = 'Key', scopes, strict = false, expiresAt = null }: NewKey): Promise<KeyWithSecret> => make(workspaceId, { name, scopes, strict, expiresAt }, null),

    list: (caller: Caller, query: ListQuery): Promise<ListPage> => scoped.list(caller, 'keys', query),

    async revoke(caller: Caller, id: string): Promise<Key> {
      requireWholeWorkspace(caller)
      const key = await retrieve(caller, id)
      if (key.revokedAt === null) {
        const at = instant(clock())
        await store.revoke(caller.workspaceId, id, at)
        endings.announce(caller.workspaceId, [`key:${id}`, ...await sessions.liveOf(caller.workspaceId, { keyId: id }, at)])
        await sessions.revokeOf(caller.workspaceId, { keyId: id }, at)
      }
      return retrieve(caller, id)
    },

    /** Whom a secret stands for; null when it is unknown, revoked or over. */
    async authenticate(secret: string): Promise<Principal | null> {
      const id = keyIdOf(secret)
      const row = id ? await system.keyById(id) : null
      if (!row || !hashes.fits(secret, row.hash, `${row.workspaceId}/${row.id}`)) return null
      const now = clock()
      if (hasEnded(row, instant(now))) return null
      if (now - (lastTouched.get(row.id) ?? 0) > LAST_USED_EVERY_MS) {
        lastTouched.set(row.id, now)
        // Nobody who reads waits for it, nor is refused because it cannot be written.
        store.touch(row.workspaceId, row.id, instant(now)).catch(() => undefined)
      }
      if (!hashes.isCurrent(row.hash)) store.rehash(row.workspaceId, row.id, row.hash, hashes.keep(secret)).catch(() => undefined)
      const proven = { stableId: `key:${row.id}`, workspaceId: row.workspaceId, scopes: new Set(row.scopes as Scope[]), records: null, strict: row.strict, expiresAt: row.expiresAt }
      if (row.agentId === null) return { kind: 'key', actor: { kind: 'key', id: row.id, name: row.name }, ...proven }
      const name = row.agentName ?? row.name
      return { kind: 'agent', actor: { kind: 'agent', id: row.agentId, name }, keyId: row.id, agent: { id: row.agentId, name, kinds: row.kinds as string[] }, ...proven }
    },
  }

  async function make(workspaceId: string, { name, scopes, strict, expiresAt }: Required<NewKey>, agent: { id: string; kinds: string[] } | null): Promise<KeyWithSecret> {
    const at = instant(clock())
    const key: Key = { id: newId('keys'), name, scopes: [...new Set(scopes)], strict, expiresAt, agentId: agent?.id ?? null, kinds: agent?.kinds ?? null, lastUsedAt: null, revokedAt: null, version: 1, createdAt: at, updatedAt: at, archivedAt: null }
    const secret = newSecret(key.id, agent ? 'agent' : 'key')
    await store.create(workspaceId, key, hashes.keep(secret))
    return { ...key, secret }
  }

  async function makeForAgent(workspaceId: string, agentId: string, { name, scopes = [], kinds, expiresAt = null }: NewAgentToken): Promise<KeyWithSecret> {
    refusePast(expiresAt)
    const found = await within(workspaceId, () => scoped.find({ workspaceId, records: null }, 'agents', agentId))
    if (!found) throw new NotFound('agents', agentId)
    const agent = JSON.parse(found.json) as AgentPresence
    const strange = (kinds ?? []).filter((kind) => !agent.kinds.includes(kind))
    if (strange.length > 0) throw new Invalid([{ pointer: '/kinds', code: 'not_allowed', detail: `names ${strange.join(', ')}, which ${agent.name} does not take; it takes ${agent.kinds.join(', ')}` }])
    return make(workspaceId, { name: name ?? agent.name, scopes: [...scopes], strict: false, expiresAt }, { id: agentId, kinds: kinds ?? agent.kinds })
  }

  function refusePast(expiresAt: string | null): void {
    if (expiresAt !== null && expiresAt <= instant(clock())) throw new Invalid([{ pointer: '/expiresAt', code: 'too_small', detail: 'must lie in the future' }])
  }
}
export type KeysService = ReturnType<typeof createKeysService>

/** Admins make keys for agents, though no person holds `tasks:work`. */
const mayGrant = (caller: Caller, scope: Scope): boolean => caller.scopes.has(scope) || (scope === 'tasks:work' && caller.scopes.has('admin'))
