import type { AuditEntry } from '@flowstate-ai/sdk/contract'
import { and, asc, desc, eq, gt, lt } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { Statement } from '../ledger/ledger.ts'

interface Between { since?: number | undefined; before?: number | undefined; sort?: 'seq' | '-seq' | undefined; event?: string | undefined; limit: number }

export const createAuditStore = ({ reader, tables: { audit } }: Database) => {
  const { workspaceId: _, ...columns } = { workspaceId: audit.workspaceId, seq: audit.seq, at: audit.at, event: audit.event, actor: audit.actor, subject: audit.subject, details: audit.details, requestId: audit.requestId, previous: audit.previous, hash: audit.hash }
  return {
    /** Refused (`overtaken`) where another was appended meanwhile. */
    append: (workspaceId: string, entry: AuditEntry): Statement => statementOf(reader.insert(audit).values({ workspaceId, ...entry }), { rows: 1, otherwise: 'overtaken' }),
    async last(workspaceId: string): Promise<{ seq: number; hash: string } | null> {
      const [row] = await reader.select({ seq: audit.seq, hash: audit.hash }).from(audit).where(eq(audit.workspaceId, workspaceId)).orderBy(desc(audit.seq)).limit(1)
      return row ?? null
    },
    /** Entries between `since` and `before`, which are not in it. */
    async between(workspaceId: string, { since = 0, before, sort = 'seq', event, limit }: Between): Promise<AuditEntry[]> {
      return await reader.select(columns).from(audit)
        .where(and(eq(audit.workspaceId, workspaceId), gt(audit.seq, since), before === undefined ? undefined : lt(audit.seq, before), event === undefined ? undefined : eq(audit.event, event)))
        .orderBy(sort === 'seq' ? asc(audit.seq) : desc(audit.seq)).limit(limit) as AuditEntry[]
    },
  }
}
export type AuditStore = ReturnType<typeof createAuditStore>
