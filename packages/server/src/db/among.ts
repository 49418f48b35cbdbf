import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Dialect } from './columns.ts'

/** A column that holds one of many values, given as a JSON array: one short statement however many there are, for statements of their own keep memory until they are collected. */
export const amongJson = (dialect: Dialect, column: PgColumn, json: unknown): SQL => (dialect === 'sqlite'
  ? sql`${column} in (select value from json_each(${json}))`
  : sql`${column} = any(array(select jsonb_array_elements_text(${json}::jsonb)))`)

export const among = (dialect: Dialect, column: PgColumn, values: readonly string[]): SQL => amongJson(dialect, column, boundJson(values))

/** A value as JSON that PostgreSQL reads: half a character and NUL stand in no record, and become what stands for no character. */
export const boundJson = (value: unknown): string => JSON.stringify(value, (_, each: unknown) => (typeof each === 'string' ? each.toWellFormed().replaceAll('\0', '\ufffd') : each))
