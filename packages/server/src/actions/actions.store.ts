import type { Action, LedgeredNoun, Receipt } from '@flowstate-ai/sdk/contract'
import { and, eq, inArray, or, type SQL, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped, Within } from '../db/scoped.ts'
import { jsonOf, toColumns } from '../db/wire.ts'
import type { Statement } from '../ledger/ledger.ts'

export const createActionsStore = ({ dialect, reader, tables }: Database, scoped: Scoped) => {
  const { actions, deals, customers } = tables
  const json = { json: jsonOf(dialect, 'actions').as('json') }

  /** A limited caller sees recommendations about its own records. */
  const visibleTo = (within: Within): SQL | undefined => {
    if (!within.records) return undefined
    const ids = (noun: LedgeredNoun & ('deals' | 'customers')) => {
      const table = noun === 'deals' ? deals : customers
      return reader.select({ id: table.id }).from(table as typeof deals).where(and(eq(table.workspaceId, within.workspaceId), scoped.visible(within, noun)))
    }
    return or(and(eq(actions.subjectNoun, 'deals'), inArray(actions.subjectId, ids('deals'))), and(eq(actions.subjectNoun, 'customers'), inArray(actions.subjectId, ids('customers'))))
  }

  return {
    list: (within: Within, query: ListQuery): Promise<ListPage> => scoped.list(within, 'actions', query, visibleTo(within)),

    async find(within: Within, id: string): Promise<{ action: Action; receipt: Receipt } | null> {
      const [row] = await reader.select({ json: jsonOf(dialect, 'actions'), receipt: actions.receipt }).from(actions).where(and(eq(actions.workspaceId, within.workspaceId), eq(actions.id, id), visibleTo(within)))
      return row ? { action: JSON.parse(row.json) as Action, receipt: row.receipt as Receipt } : null
    },

    insert(workspaceId: string, action: Action, receipt: Receipt): Statement {
      const row = { workspaceId, receipt, ...toColumns(dialect, 'actions', { ...action }) } as typeof actions.$inferInsert
      return statementOf(reader.insert(actions).values(row))
    },

    /** One open recommendation a subject: a newer decision takes the older one's place. */
    supersede(workspaceId: string, subjectId: string, at: string): Statement {
      return statementOf(reader.update(actions).set({ state: 'expired', updatedAt: at, version: sql`${actions.version} + 1` as unknown as number }).where(and(eq(actions.workspaceId, workspaceId), eq(actions.subjectId, subjectId), inArray(actions.state, ['open', 'snoozed']))))
    },

    answer(workspaceId: string, id: string, from: readonly Action['state'][], set: Record<string, unknown>, otherwise: string): Statement {
      return statementOf(
        reader.update(actions).set({ ...set, version: sql`${actions.version} + 1` as unknown as number }).where(and(eq(actions.workspaceId, workspaceId), eq(actions.id, id), inArray(actions.state, [...from]))).returning(json),
        { rows: 1, otherwise },
      )
    },
  }
}
export type ActionsStore = ReturnType<typeof createActionsStore>
