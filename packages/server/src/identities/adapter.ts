import { type CleanedWhere, createAdapterFactory, type CustomAdapter } from 'better-auth/adapters'
import { and, asc, count, desc, eq, getTableColumns, gt, gte, ilike, inArray, isNotNull, isNull, like, lt, lte, ne, notInArray, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { Row, Statement } from '../ledger/ledger.ts'
import { settled } from '../ledger/settled.ts'
import type { SignOut } from './sign-outs.ts'

/** better-auth's models, and the tables that hold them. */
const MODELS = { user: 'users', session: 'userSessions', account: 'accounts', verification: 'verifications', twoFactor: 'twoFactors' } as const satisfies Record<string, keyof Database['tables']>
type Data = Record<string, unknown>

/**
 * Where better-auth keeps identities: read like everything that belongs to no workspace, written through the one port. Instants are ISO
 * text to our tables; better-auth turns them into its dates. `ended` hears of everybody one of whose sign-ins was deleted, whichever way, and of who has a new password.
 */
export const identityAdapter = ({ across: reader, tables, ledger }: Database, ended: (userId: string, how: SignOut) => Promise<void>) => {
  const tableOf = (model: string): Database['tables']['users'] => {
    const name = (MODELS as Record<string, keyof Database['tables']>)[model]
    if (!name) throw new Error(`Identities have no ${model}.`)
    return tables[name] as Database['tables']['users']
  }
  const columnOf = (model: string, field: string): PgColumn => {
    const column = (getTableColumns(tableOf(model)) as unknown as Record<string, PgColumn>)[field]
    if (!column) throw new Error(`A ${model} has no ${field}.`)
    return column
  }

  const conditionOf = (model: string, { field, operator, value, mode }: CleanedWhere): SQL | undefined => {
    const column = columnOf(model, field)
    const alike = mode === 'insensitive' ? ilike : like
    const pattern = (text: unknown) => String(text).replaceAll(/[\\%_]/g, String.raw`\$&`)
    switch (operator) {
      case 'in': return inArray(column, value as string[])
      case 'not_in': return notInArray(column, value as string[])
      case 'contains': return alike(column, `%${pattern(value)}%`)
      case 'starts_with': return alike(column, `${pattern(value)}%`)
      case 'ends_with': return alike(column, `%${pattern(value)}`)
      case 'ne': return value === null ? isNotNull(column) : ne(column, value)
      case 'lt': return lt(column, value)
      case 'lte': return lte(column, value)
      case 'gt': return gt(column, value)
      case 'gte': return gte(column, value)
      default: return value === null ? isNull(column) : mode === 'insensitive' ? sql`lower(${column}) = ${String(value).toLowerCase()}` : eq(column, value)
    }
  }
  const whereOf = (model: string, where: readonly CleanedWhere[] = []): SQL | undefined => {
    const [all, any] = [where.filter(({ connector }) => connector !== 'OR'), where.filter(({ connector }) => connector === 'OR')]
    return and(...all.map((each) => conditionOf(model, each)), any.length > 0 ? or(...any.map((each) => conditionOf(model, each))) : undefined)
  }

  const run = async (statement: Statement): Promise<Row[]> => settled(await ledger.run({ workspaceId: null, statements: [statement] }))[0] ?? []
  const find = async (model: string, where: SQL | undefined, limit = 1): Promise<Data[]> => reader.select().from(tableOf(model)).where(where).limit(limit)
  const byId = async (model: string, id: unknown): Promise<Data | undefined> => (await find(model, eq(columnOf(model, 'id'), id)))[0]

  const told = async (rows: Row[], how: SignOut): Promise<void> => {
    for (const userId of new Set(rows.map((row) => String(row.user_id)))) await ended(userId, how)
  }
  const update = async (model: string, where: SQL | undefined, set: Data): Promise<Row[]> => {
    const { id } = tableOf(model)
    const rows = await run(statementOf(reader.update(tableOf(model)).set(set).where(where).returning(model === 'account' ? { id, userId: tables.accounts.userId } : { id })))
    if (model === 'account' && 'password' in set) await told(rows, 'new password')
    return rows
  }

  const remove = async (model: string, where: SQL | undefined): Promise<Row[]> => {
    const { id } = tableOf(model)
    const rows = await run(statementOf(reader.delete(tableOf(model)).where(where).returning(model === 'session' ? { id, userId: tables.userSessions.userId } : { id })))
    if (model === 'session') await told(rows, 'signed out')
    return rows
  }

  const adapter: CustomAdapter = {
    async create({ model, data }) {
      await run(statementOf(reader.insert(tableOf(model)).values(data as never)))
      return (await byId(model, data.id)) as typeof data
    },
    async update({ model, where, update: set }) {
      const [row] = await find(model, whereOf(model, where))
      if (!row) return null
      await update(model, eq(columnOf(model, 'id'), row.id), set as Data)
      return (await byId(model, row.id)) as never
    },
    updateMany: async ({ model, where, update: set }) => (await update(model, whereOf(model, where), set)).length,
    findOne: async ({ model, where }) => ((await find(model, whereOf(model, where)))[0] ?? null) as never,
    async findMany({ model, where, limit, sortBy, offset = 0 }) {
      const order = sortBy ? [(sortBy.direction === 'desc' ? desc : asc)(columnOf(model, sortBy.field))] : []
      return await reader.select().from(tableOf(model)).where(whereOf(model, where)).orderBy(...order).limit(limit).offset(offset) as never
    },
    async delete({ model, where }) {
      await remove(model, whereOf(model, where))
    },
    deleteMany: async ({ model, where }) => (await remove(model, whereOf(model, where))).length,
    /** Of several who would take it, the one whose deletion found it there. */
    async consumeOne({ model, where }) {
      const [row] = await find(model, whereOf(model, where))
      if (!row) return null
      const gone = await remove(model, and(eq(columnOf(model, 'id'), row.id), whereOf(model, where)))
      return (gone.length === 1 ? row : null) as never
    },
    async incrementOne({ model, where, increment, set = {} }) {
      const grown = Object.fromEntries(Object.entries(increment).map(([field, delta]) => [field, sql`coalesce(${columnOf(model, field)}, 0) + ${delta}`]))
      const [row] = await find(model, whereOf(model, where))
      if (!row) return null
      const done = await update(model, and(eq(columnOf(model, 'id'), row.id), whereOf(model, where)), { ...set, ...grown })
      return (done.length === 1 ? ((await byId(model, row.id)) ?? null) : null) as never
    },
    async count({ model, where }) {
      const [row] = await reader.select({ count: count() }).from(tableOf(model)).where(whereOf(model, where))
      return Number(row?.count ?? 0)
    },
  }
  return createAdapterFactory({
    config: { adapterId: 'flowstate', adapterName: 'Flowstate', supportsDates: false, supportsBooleans: true, supportsJSON: false, supportsNumericIds: false, transaction: false },
    adapter: () => adapter,
  })
}
