import type { AuditService } from '../audit/audit.service.ts'
import type { ActorRef, RecordFilter, Role, Run, Scope, WriteMode } from '@flowstate-ai/sdk/contract'

type ActorOf<Kind extends ActorRef['kind']> = ActorRef & { kind: Kind }
interface Proven<Kind extends ActorRef['kind']> {
  kind: Kind
  actor: ActorOf<Kind>
  /** The same for every token of one key and subject: what idempotency keys are scoped to. */
  stableId: string
  workspaceId: string
  scopes: ReadonlySet<Scope>
  /** The records it is limited to; null: the whole workspace. */
  records: RecordFilter | null
  /** PATCH, DELETE and move need `If-Match`. */
  strict: boolean
  /** When the credential ends; null: when it is revoked. */
  expiresAt: string | null
}
/** Pages that may use it: these exact origins, or any that the server allows. */
type Pages = readonly string[] | 'any'

/**
 * Who proved to be calling: what authentication found, the same for REST, worker and command line. What one kind has, no other has: only a
 * person has a role, only an agent speaks for itself, only what stands on a session can be ended by it, only a page's token is limited to records.
 */
export type Principal =
  /** By the cookie, for the server's own pages (`own`), or by the session of a page on which they signed in. */
  | Proven<'person'> & { role: Role; records: null; strict: false; expiresAt: string } & ({ sessionId: null; signIn: string; origins: 'own' } | { sessionId: string; origins: Pages })
  /** A page whose host has a server, which minted the token. */
  | Proven<'embed'> & { sessionId: string; strict: false; expiresAt: string; origins: Pages }
  | Proven<'key'> & { records: null }
  /** The one agent that it is, and the kinds of task that it may claim; by which of its tokens. */
  | Proven<'agent'> & { records: null; keyId: string; agent: { id: string; name: string; kinds: readonly string[] } }
  /** The server itself; a task of somebody's is done in their name, which is then the actor's. */
  | Omit<Proven<'system'>, 'actor'> & { actor: ActorRef; records: null; strict: false; expiresAt: null }

/** What those who look after a principal's end know it by: its session where it stands on one, else what is the same for all its tokens. */
export const endingOf = (principal: Principal): string => ('sessionId' in principal ? principal.sessionId : null) ?? principal.stableId

/** One request of a principal. */
export type Caller = Principal & Asking
interface Asking {
  requestId: string
  /** The version that `If-Match` names. */
  ifMatch: number | null
  /** Set when the request carries an `Idempotency-Key`; services hand it to the ledger with the answer to be kept. */
  once: { key: string; bodyHash: string; expiresAt: string } | null
  /** What becomes of what it writes. */
  mode: WriteMode
  /** What is left of what it may do, as headers; absent where nothing bounds it. */
  rate?: Record<string, string>
  /** The agent's run that it says it belongs to. */
  run: Run | null
  /** Puts what was done, or refused, into the audit log. Absent where the server itself calls. */
  note?: Pick<AuditService, 'record' | 'denied'>
  /** Looks at the credential again, for answers that go on; throws once it is over or revoked. `anew`: whatever was found half a second ago. Absent where there is none. */
  still?: (anew?: boolean) => Promise<void>
}

export type SystemCaller = Extract<Caller, { kind: 'system' }>

/** The server itself as a caller: the worker, the demo's generator, migrations of data. */
export const systemCaller = (workspaceId: string, name: string, requestId: string): SystemCaller => ({
  kind: 'system', actor: { kind: 'system', id: 'system', name }, stableId: 'system',
  workspaceId, scopes: new Set<Scope>(['crm:read', 'crm:write', 'actions:decide', 'agents:read', 'agents:operate', 'tasks:work']),
  records: null, strict: false, expiresAt: null, requestId, ifMatch: null, once: null, mode: 'apply', run: null,
})
