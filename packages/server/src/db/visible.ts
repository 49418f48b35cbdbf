import type { LedgeredNoun, RecordFilter } from '@flowstate-ai/sdk/contract'
import { and, eq, inArray, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Reader } from './database.ts'
import type { Tables } from './schema.ts'

/**
 * The records that a limited principal may see, as a predicate on the noun's table; undefined: no limit. A customer brings its
 * deals, interactions and reminders, a company its customers and theirs; pipelines and stages are for all.
 */
export const visible = (tables: Tables, reader: Reader, workspaceId: string, noun: LedgeredNoun, records: RecordFilter | null): SQL | undefined => {
  if (!records || noun === 'pipelines' || noun === 'stages' || noun === 'fields' || noun === 'tags') return undefined
  // Saved views are the whole workspace's.
  if (noun === 'views') return sql`1 = 0`
  const allowed = { customers: records.customers ?? [], companies: records.companies ?? [] }
  if (noun === 'companies') return among(tables.companies.id, allowed.companies)
  const { customers, deals } = tables
  const happenings = noun === 'reminders' ? tables.reminders : tables.interactions
  if (noun === 'customers') return or(among(customers.id, allowed.customers), among(customers.companyId, allowed.companies))
  const theirCustomers = reader.select({ id: customers.id }).from(customers)
    .where(and(eq(customers.workspaceId, workspaceId), or(among(customers.id, allowed.customers), among(customers.companyId, allowed.companies))))
  // A record that names a customer belongs to that customer; one without belongs to its company.
  const belongs = (table: typeof deals | typeof happenings) =>
    or(inArray(table.customerId, theirCustomers), and(sql`${table.customerId} is null`, among(table.companyId, allowed.companies)))
  if (noun === 'deals') return belongs(deals)
  const theirDeals = reader.select({ id: deals.id }).from(deals).where(and(eq(deals.workspaceId, workspaceId), belongs(deals)))
  return or(belongs(happenings), and(sql`${happenings.customerId} is null`, sql`${happenings.companyId} is null`, inArray(happenings.dealId, theirDeals)))
}

const among = (column: PgColumn, ids: readonly string[]): SQL => (ids.length === 0 ? sql`1 = 0` : inArray(column, [...ids]))
