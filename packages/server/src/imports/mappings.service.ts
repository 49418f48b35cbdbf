import type { BodyOf, ImportNoun, operations, SavedMapping } from '@flowstate-ai/sdk/contract'
import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import { type Clock, instant } from '../clock.ts'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { jsonOf } from '../db/wire.ts'
import { Conflict, Invalid, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Statement } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import { onceOf, settledAs, type Written } from '../ledger/writes.ts'

type New = BodyOf<typeof operations.importMappings.create>
type Patch = BodyOf<typeof operations.importMappings.update>
const MOST_LOOKED_AT = 200

/** Saved mappings: how files of a kind are read. Not ledgered; they are no CRM data. */
export const createMappingsService = ({ reader, dialect, tables: { importMappings }, ledger }: Database, scoped: Scoped, clock: Clock) => {
  const json = { json: jsonOf(dialect, 'importMappings').as('json') }

  const write = async (caller: Caller, statement: Statement, status: number): Promise<Written> => {
    const outcome = await ledger.run({ workspaceId: caller.workspaceId, statements: [statement], ...onceOf(caller, { status, headers: {}, body: [{ statement: 0 }] }) })
    const settled = settledAs(outcome, { status, headers: {}, body: outcome.state === 'committed' ? String(outcome.rows[0]?.[0]?.json) : '' })
    if (settled.written) return settled.written
    if (settled.refusal.reason === 'expectation') throw new Conflict('unique_taken', 'There is a saved mapping of this name already; change that one, or choose another name.', [{ pointer: '/name', code: 'unique_taken', detail: 'is the name of another saved mapping' }])
    throw refused(settled.refusal)
  }
  const retrieve = async (caller: Caller, id: string) => {
    requireWholeWorkspace(caller)
    const found = await scoped.find(caller, 'importMappings', id)
    if (!found) throw new NotFound('importMappings', id)
    return found
  }
  const change = async (caller: Caller, id: string, set: Partial<Pick<SavedMapping, 'name' | 'settings' | 'header' | 'archivedAt'>>): Promise<Written> => {
    await retrieve(caller, id)
    return write(caller, statementOf(reader.update(importMappings).set({ ...set, updatedAt: instant(clock()), version: sql`${importMappings.version} + 1` as unknown as number })
      .where(and(eq(importMappings.workspaceId, caller.workspaceId), eq(importMappings.id, id))).returning(json), { rows: 1, otherwise: 'taken' }), 200)
  }

  return {
    retrieve,
    async list(caller: Caller, query: ListQuery): Promise<ListPage> {
      requireWholeWorkspace(caller)
      return scoped.list(caller, 'importMappings', query)
    },
    async create(caller: Caller, { noun, name, settings, header = Object.keys(settings.map ?? {}) }: New): Promise<Written> {
      requireWholeWorkspace(caller)
      const at = instant(clock())
      const row = { workspaceId: caller.workspaceId, id: newId('importMappings'), noun, name, settings, header, version: 1, createdAt: at, updatedAt: at }
      return write(caller, statementOf(reader.insert(importMappings).values(row).returning(json), { rows: 1, otherwise: 'taken' }), 201)
    },
    update: (caller: Caller, id: string, { name, settings, header }: Patch): Promise<Written> =>
      change(caller, id, { ...(name === undefined ? {} : { name }), ...(settings === undefined ? {} : { settings }), ...(header === undefined ? {} : { header }) }),
    archive: (caller: Caller, id: string): Promise<Written> => change(caller, id, { archivedAt: instant(clock()) }),

    /** Live mappings of a noun, the last changed first, and the one that is named, by its id or name. */
    async for(caller: Caller, noun: ImportNoun, named: string | undefined): Promise<{ saved: SavedMapping[]; chosen: SavedMapping | null }> {
      const rows = await reader.select(json).from(importMappings).where(and(eq(importMappings.workspaceId, caller.workspaceId), eq(importMappings.noun, noun), isNull(importMappings.archivedAt)))
        .orderBy(desc(importMappings.updatedAt), desc(importMappings.id)).limit(MOST_LOOKED_AT)
      const saved = rows.map((row) => JSON.parse(row.json) as SavedMapping)
      const chosen = named === undefined ? null : (saved.find(({ id, name }) => id === named || name === named) ?? null)
      if (named !== undefined && !chosen) throw new Invalid([{ pointer: '?mapping', code: 'not_found', detail: `names no saved mapping of ${noun} here` }])
      return { saved, chosen }
    },
  }
}
export type MappingsService = ReturnType<typeof createMappingsService>
