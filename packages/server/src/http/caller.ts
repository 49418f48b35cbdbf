import type { AuditService } from '../audit/audit.service.ts'
import type { ActorRef, RecordFilter, Role, Run, Scope, WriteMode } from '@flowstate-ai/sdk/contract'

/** Who proved to be calling: what authentication found, the same for REST, worker and command line. */
export interface Principal {
  actor: ActorRef
  /** The same for every token of one key and subject: what idempotency keys are scoped to. */
  stableId: string
  workspaceId: string
  scopes: ReadonlySet<Scope>
  /** A person's; who has none is told by scopes alone. */
  role?: Role
  /** The records it is limited to; null: the whole workspace. */
  records: RecordFilter | null
  /** The one agent that it is, and the kinds of task that it may claim. */
  agent?: { id: string; name: string; kinds: readonly string[] }
  /** What its tokens stand on, where they do: it can be ended by itself. */
  sessionId?: string
  /** PATCH, DELETE and move need `If-Match`. */
  strict: boolean
  /** When the credential ends; null: when it is revoked. */
  expiresAt: string | null
  /** Origins that may use it from a page; null: it may not be used from a page at all; 'any': the server's allowed origins; 'own': the server's own pages. */
  origins: readonly string[] | null | 'any' | 'own'
}

/** One request of a principal. */
export interface Caller extends Principal {
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

/** The server itself as a caller: the worker, the demo's generator, migrations of data. */
export const systemCaller = (workspaceId: string, name: string, requestId: string): Caller => ({
  actor: { kind: 'system', id: 'system', name }, stableId: 'system',
  workspaceId, scopes: new Set<Scope>(['crm:read', 'crm:write', 'actions:decide', 'agents:read', 'agents:operate', 'tasks:work']),
  records: null, strict: false, expiresAt: null, origins: null, requestId, ifMatch: null, once: null, mode: 'apply', run: null,
})
