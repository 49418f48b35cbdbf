import { type CustomNoun, type ExportFormat, type ExportNoun, EXPORTS } from '@flowstate-ai/sdk/contract'
import { and, type SQL } from 'drizzle-orm'
import { type Clock, instant } from '../clock.ts'
import { csvLine } from '../csv/cells.ts'
import type { ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { AppError, Invalid } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { createBreath } from '../ledger/breath.ts'
import type { Fields } from '../ledger/ledger.ts'
import type { QueryResolver } from '../records/list-query.ts'
import { csvRecord } from './cells.ts'
import { type ExportColumn, exportColumns, namingColumns, needsCustomKeys } from './columns.ts'
import type { ExportsStore } from './exports.store.ts'
import { withNames } from './json.ts'
import { createNames } from './names.ts'
import { streamOf } from './stream.ts'

interface ExportsDeps { store: ExportsStore; scoped: Scoped; resolve: QueryResolver; clock: Clock }
export interface ExportAsked { format: ExportFormat; columns: string | undefined; bom: boolean; names: boolean; query: ListQuery }
export interface ExportFile { stream: ReadableStream<Uint8Array>; type: string; name: string }

/** Records read at a time: a few milliseconds of the database's, and what memory an export takes. */
const PAGE = 500
/** Exports that one workspace may have under way at once. */
const MOST_AT_ONCE = 4
const MOST_CUSTOM_COLUMNS = 2_000
const RETRY_AFTER_S = '5'
const BOM = '\uFEFF'

/** Whole lists as a stream: page by page in one order of keys, so that a record which nobody changes meanwhile is in it once. */
export const createExportsService = ({ store, scoped, resolve, clock }: ExportsDeps) => {
  const running = new Map<string, number>()
  const enter = (workspaceId: string): (() => void) => {
    const count = running.get(workspaceId) ?? 0
    if (count >= MOST_AT_ONCE) throw new AppError('rate_limited', `${MOST_AT_ONCE} exports of this workspace are under way already; repeat the request when one has ended.`, { headers: { 'retry-after': RETRY_AFTER_S } })
    running.set(workspaceId, count + 1)
    let left = false
    return () => {
      if (left) return
      left = true
      const now = (running.get(workspaceId) ?? 1) - 1
      if (now === 0) running.delete(workspaceId)
      else running.set(workspaceId, now)
    }
  }

  async function* pages(caller: Caller, noun: ExportNoun, query: ListQuery, also: SQL | undefined): AsyncGenerator<string[]> {
    const breath = createBreath()
    for (let cursor: string | undefined; ;) {
      const { items, nextCursor } = await scoped.walk(caller, noun, { ...query, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }, also)
      yield items
      await breath()
      if (nextCursor === null) return
      cursor = nextCursor
    }
  }

  async function* csvPages(caller: Caller, columns: readonly ExportColumn[], bom: boolean, records: AsyncIterable<string[]>): AsyncGenerator<string> {
    const names = createNames(store, caller, columns)
    let head = `${bom ? BOM : ''}${csvLine(columns.map(({ header }) => header))}`
    for await (const page of records) {
      const parsed = page.map((json) => JSON.parse(json) as Fields)
      await names.learn(parsed)
      yield head + parsed.map((record) => csvRecord(columns, record, names.nameOf)).join('')
      head = ''
    }
  }
  async function* jsonPages(caller: Caller, columns: readonly ExportColumn[], records: AsyncIterable<string[]>): AsyncGenerator<string> {
    const names = createNames(store, caller, columns)
    for await (const page of records) {
      const parsed = columns.length === 0 ? [] : page.map((json) => JSON.parse(json) as Fields)
      await names.learn(parsed)
      yield page.map((json, index) => `${withNames(json, columns, parsed[index], names.nameOf)}\n`).join('')
    }
  }

  /** Defined fields first, then what records hold besides, by name. */
  const customKeys = async (caller: Caller, noun: CustomNoun, query: ListQuery, also: SQL | undefined, signal: AbortSignal): Promise<string[]> => {
    const defined = await store.definedKeys(caller.workspaceId, noun)
    const held = new Set<string>()
    for await (const keys of store.heldKeys(caller, noun, query, also)) {
      signal.throwIfAborted()
      for (const key of keys) held.add(key)
      if (held.size > MOST_CUSTOM_COLUMNS) throw new Invalid([{ pointer: '?columns', code: 'too_big', detail: `would hold more than ${MOST_CUSTOM_COLUMNS} custom fields; name the columns that you need` }])
      // Others' requests between two windows.
      await new Promise((resolve_) => setImmediate(resolve_))
    }
    for (const key of defined) held.delete(key)
    return [...defined, ...[...held].sort()]
  }

  return {
    /** Opens an export: whatever is wrong with it is refused before its first byte. `signal` stops it. */
    async open(caller: Caller, noun: ExportNoun, { format, columns: asked, bom, names, query }: ExportAsked, signal: AbortSignal): Promise<ExportFile> {
      if (format === 'jsonl' && asked !== undefined) throw new Invalid([{ pointer: '?columns', code: 'invalid_value', detail: 'is for CSV; a line of JSONL is the whole record' }])
      if (format === 'jsonl' && bom) throw new Invalid([{ pointer: '?bom', code: 'invalid_value', detail: 'is for CSV' }])
      if (format === 'csv' && names) throw new Invalid([{ pointer: '?names', code: 'invalid_value', detail: 'is for JSONL; a CSV has them' }])
      const leave = enter(caller.workspaceId)
      try {
        const resolved = await resolve(caller, noun, query)
        const also = and(resolved.also, store.further(noun, caller.stableId))
        const viewed = resolved.view?.columns ?? []
        const lines = async () => {
          const records = pages(caller, noun, resolved.query, also)
          if (format === 'jsonl') return jsonPages(caller, names ? namingColumns(noun) : [], records)
          const keys = needsCustomKeys(noun, asked, viewed) ? await customKeys(caller, noun as CustomNoun, resolved.query, also, signal) : []
          return csvPages(caller, exportColumns(noun, { asked, viewed, customKeys: keys }), bom, records)
        }
        return {
          stream: await streamOf(await lines(), { signal, onEnd: leave }),
          type: format === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl; charset=utf-8',
          name: `${noun}-${instant(clock()).slice(0, 10)}.${format}`,
        }
      } catch (error) {
        leave()
        throw error
      }
    },
  }
}
export type ExportsService = ReturnType<typeof createExportsService>

export const isExported = (noun: string): noun is ExportNoun => Object.hasOwn(EXPORTS, noun)
