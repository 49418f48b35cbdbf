import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ImportNoun, ImportReject } from '@flowstate-ai/sdk/contract'
import Sqlite from 'better-sqlite3'
import type { Fields } from '../ledger/ledger.ts'
import { matchKeysOf, phoneKey } from '../records/match-keys.ts'
import type { Draft, Links } from './draft.ts'
import { type ImportedNoun, nameKey, NOUNS } from './nouns.ts'

/** What a file's rows say about one record: the last one wins, blanks never overwrite. */
export interface StagedDraft {
  /** The place of its first row in the file, from 1; parts go by it. */
  g: number
  line: number
  fields: Fields
  links: Links
  cells: string[]
  /** By what it is known again when no match key is given. */
  natural: string | null
  /** No match key but its phone, and how many records of the file hold that. */
  phone: { key: string; inFile: number } | null
  /** The match keys of its fields, found here so that nobody else has to: phone numbers are dear. */
  keys: Fields
}

const STAGED = 'staged.db'
const CACHE_KB = 8_192
/** Once it is whole it is read from the first row to the last, each once. */
const READ_CACHE_KB = 1_024
const ROWS_A_TRANSACTION = 5_000

/**
 * The file understood, in an SQLite file of its own beside the data: so that a million rows need no more memory than a part of them,
 * whichever database they go to. Written without syncs and taken for whole only when it was closed and synced; after a kill before
 * that it is made anew.
 */
export const createScratch = (folder: string, name: ImportNoun) => {
  const noun = NOUNS[name]
  mkdirSync(folder, { recursive: true })
  const [staged, making, namesFile] = [join(folder, STAGED), join(folder, 'staging.db'), join(folder, 'names.db')]
  const whole = isStaged(folder)
  if (!whole) rmSync(making, { force: true })
  rmSync(namesFile, { force: true })
  let db = opened(whole ? staged : making)
  if (whole) db.pragma(`cache_size = -${READ_CACHE_KB}`)
  if (!whole) {
    db.exec(`create table meta (name text primary key, value text not null);
      create table groups (g integer primary key, line integer not null, draft text not null, keys integer not null, natural text, phone text);
      create table keys (key text primary key, g integer not null) without rowid;
      create table phones (phone text primary key, count integer not null) without rowid;
      create table namesakes (key text primary key, count integer not null) without rowid;`)
  }
  attachNames(db, namesFile)

  const keyOwner = lazily(() => db.prepare<[string], { g: number }>('select g from keys where key = ?'))
  /** Takes a key where nobody has it; answers who has it now. */
  const claim = lazily(() => db.prepare<[string, number], { g: number }>('insert into keys (key, g) values (?, ?) on conflict (key) do update set g = g returning g'))
  const handOver = lazily(() => db.prepare<[number, string]>('update keys set g = ? where key = ?'))
  const giveBack = lazily(() => db.prepare<[string]>('delete from keys where key = ?'))
  const keepKey = lazily(() => db.prepare<[string, number]>('insert or ignore into keys (key, g) values (?, ?)'))
  const group = lazily(() => db.prepare<[number], { line: number; draft: string; keys: number }>('select line, draft, keys from groups where g = ?'))
  const insert = lazily(() => db.prepare<[number, number, string, number, string | null, string | null]>('insert into groups (g, line, draft, keys, natural, phone) values (?, ?, ?, ?, ?, ?)'))
  const fold = lazily(() => db.prepare<[number, string, number, string | null, string | null, number]>('update groups set line = ?, draft = ?, keys = ?, natural = ?, phone = ? where g = ?'))
  const countNamesake = lazily(() => db.prepare<[string], { count: number }>('insert into namesakes (key, count) values (?, 1) on conflict (key) do update set count = count + 1 returning count'))
  const countPhone = lazily(() => db.prepare<[string]>('insert into phones (phone, count) values (?, 1) on conflict (phone) do update set count = count + 1'))
  const pageOf = lazily(() => db.prepare<[number, number], { g: number; line: number; draft: string; keys: number; natural: string | null; phone: string | null; inFile: number | null }>(
    `select g, line, draft, keys, natural, groups.phone, phones.count as inFile from groups left join phones on phones.phone = groups.phone and groups.keys & ${KEY_BITS} = 0 where g > ? order by g limit ?`,
  ))
  const keepName = lazily(() => db.prepare<[string, string]>('insert or ignore into known.names (key, id) values (?, ?)'))
  const nameOf = lazily(() => db.prepare<[string], { id: string }>('select id from known.names where key = ?'))
  let inTransaction = 0

  const step = () => {
    if (inTransaction === 0) db.exec('begin')
    if (++inTransaction < ROWS_A_TRANSACTION) return
    db.exec('commit')
    inTransaction = 0
  }

  return {
    whole,
    meta: <Value>(name: string): Value | null => {
      const row = db.prepare<[string], { value: string }>('select value from meta where name = ?').get(name)
      return row ? (JSON.parse(row.value) as Value) : null
    },

    /** Takes a row in; answers what is wrong with it beside the rows before. `soft`: rows without match keys are looked for among all. */
    stage(n: number, { line, cells, fields, links }: Draft, soft: boolean): ImportReject | 'new' | 'collapsed' {
      step()
      const hard = hardKeys(noun, fields, links)
      // Where every row has a match key, nobody asks for names.
      const natural = !soft && !noun.byName ? null : noun.natural(fields, { company: links.company ?? links.companyKey ?? links.companyDomain, customer: links.customer, deal: links.deal })
      const phone = soft && noun.byPhone && typeof fields.phone === 'string' ? phoneKey(fields.phone) : null
      const softKey = !soft ? null : phone !== null ? `s${phone}\n${nameKey(String(fields.name ?? ''))}` : natural === null ? null : `s${natural}`
      const owned = hard.map(({ key, field }) => ({ key, field, g: claim().get(key, n)?.g ?? n }))
      const owners = new Set(owned.flatMap((each) => (each.g === n ? [] : [each.g])))
      const claimed = owned.filter((each) => each.g === n)
      if (owners.size > 1) {
        for (const { key } of claimed) giveBack().run(key)
        const [first] = owners
        const other = owned.find((each) => each.g !== n && each.g !== first)
        return { row: line, column: other?.field ?? null, reason: `is held by the row on line ${group().get(other?.g ?? 0)?.line ?? 0} of this file, and the rest of this row by another` }
      }
      let [g] = owners
      if (g === undefined && softKey !== null) {
        const candidate = keyOwner().get(softKey)?.g
        const kinds = candidate === undefined ? 0 : (group().get(candidate)?.keys ?? 0)
        if (candidate !== undefined && hard.every(({ bit }) => (kinds & bit) === 0)) g = candidate
      }
      const bits = hard.reduce((sum, { bit }) => sum | bit, 0)
      const target = g ?? n
      if (target !== n) for (const { key } of claimed) handOver().run(target, key)
      if (softKey !== null) keepKey().run(softKey, target)
      if (g === undefined) {
        // Ids of another workspace say that two of a name are two: the second is known as the second of that name.
        const known = natural !== null && bits === ID_HERE ? nthOf(natural, countNamesake().get(natural)?.count ?? 1) : natural
        insert().run(n, line, JSON.stringify({ fields, links, cells }), bits, known, phone)
        if (soft && phone !== null) countPhone().run(phone)
        return 'new'
      }
      const known = group().get(g)
      const before = JSON.parse(known?.draft ?? '{}') as Pick<Draft, 'fields' | 'links' | 'cells'>
      const merged: Pick<Draft, 'fields' | 'links' | 'cells'> = {
        fields: { ...before.fields, ...fields, ...(before.fields.customFields || fields.customFields ? { customFields: { ...(before.fields.customFields as Fields), ...(fields.customFields as Fields) } } : {}) },
        links: { ...before.links, ...links, ...(before.links.tags || links.tags ? { tags: [...new Set([...(before.links.tags ?? []), ...(links.tags ?? [])])] } : {}) },
        cells,
      }
      fold().run(line, JSON.stringify(merged), (known?.keys ?? 0) | bits, natural, phone ?? (typeof merged.fields.phone === 'string' ? phoneKey(merged.fields.phone) : null), g)
      return 'collapsed'
    },

    /** Closes the staging: from here on it survives a kill. */
    finish(meta: Record<string, unknown>): void {
      const keep = db.prepare<[string, string]>('insert or replace into meta (name, value) values (?, ?)')
      if (inTransaction === 0) db.exec('begin')
      for (const [name, value] of Object.entries(meta)) keep.run(name, JSON.stringify(value))
      db.exec('commit')
      db.exec('drop table keys; drop table namesakes')
      db.close()
      const file = openSync(making, 'r+')
      fsyncSync(file)
      closeSync(file)
      renameSync(making, staged)
      db = opened(staged)
      db.pragma(`cache_size = -${READ_CACHE_KB}`)
      attachNames(db, namesFile)
    },

    part(after: number, limit: number): StagedDraft[] {
      return pageOf().all(after, limit).map(({ draft, phone, inFile, keys, ...row }) => {
        const read = JSON.parse(draft) as Pick<Draft, 'fields' | 'links' | 'cells'>
        return { ...row, ...read, phone: (keys & KEY_BITS) === 0 && phone !== null ? { key: phone, inFile: inFile ?? 1 } : null, keys: matchKeysOf(name, read.fields) }
      })
    },

    /** Remembers records by name; the first to have a name keeps it. */
    learn(pairs: [key: string, id: string][]): void {
      db.transaction(() => { for (const [key, id] of pairs) keepName().run(key, id) })()
    },
    /** The same of records of which several may have a name: each is the first, second … of it. */
    learnAll(pairs: [key: string, id: string][]): void {
      const count = db.prepare<[string], { count: number }>('insert into known.namesakes (key, count) values (?, 1) on conflict (key) do update set count = count + 1 returning count')
      db.transaction(() => { for (const [key, id] of pairs) keepName().run(nthOf(key, count.get(key)?.count ?? 1), id) })()
    },
    /** Takes back what was learnt of records that were not written. */
    forget(keys: string[]): void {
      const drop = db.prepare<[string]>('delete from known.names where key = ?')
      db.transaction(() => { for (const key of keys) drop.run(key) })()
    },
    names(keys: string[]): [key: string, id: string][] {
      return keys.flatMap((key): [string, string][] => {
        const found = nameOf().get(key)
        return found ? [[key, found.id]] : []
      })
    },

    close(): void {
      db.close()
    },
  }
}
export type Scratch = ReturnType<typeof createScratch>

/** Whether an earlier try has understood the whole file. */
export const isStaged = (folder: string): boolean => existsSync(join(folder, STAGED))

export const removeScratch = (folder: string): void => rmSync(folder, { recursive: true, force: true })

const opened = (file: string): Sqlite.Database => {
  const db = new Sqlite(file)
  db.pragma('journal_mode = OFF')
  db.pragma('synchronous = OFF')
  db.pragma(`cache_size = -${CACHE_KB}`)
  return db
}

const attachNames = (db: Sqlite.Database, file: string): void => {
  db.prepare('attach database ? as known').run(file)
  db.pragma('known.journal_mode = OFF')
  db.pragma('known.synchronous = OFF')
  db.pragma('known.cache_size = -4096')
  db.exec(`create table if not exists known.names (key text primary key, id text not null) without rowid;
    create table if not exists known.namesakes (key text primary key, count integer not null) without rowid`)
}

/** How the second, third … of a name is known. */
const nthOf = (name: string, count: number): string => (count === 1 ? name : `${name}\n#${count}`)

/** A statement is prepared at its first use, for staging replaces the connection. */
const lazily = <Made>(make: () => Made): (() => Made) => {
  let made: Made | undefined
  return () => (made ??= make())
}

/** The id here is apart: where a file comes to another workspace it names nothing, and its row is known as if it had none. */
const ID_HERE = 1 << 16
const KEY_BITS = ID_HERE - 1
/** Match keys that no two live records share. */
const hardKeys = (noun: ImportedNoun, fields: Fields, { id }: Links): { field: string; key: string; bit: number }[] => [
  ...(id === undefined ? [] : [{ field: 'id', key: `i${id}`, bit: ID_HERE }]),
  ...(typeof fields.externalId === 'string' ? [{ field: 'externalId', key: `x${fields.externalId}`, bit: 1 }] : []),
  ...noun.keys.flatMap((field, index) => (typeof fields[field] === 'string' ? [{ field, key: `${field}${String(fields[field]).toLowerCase()}`, bit: 2 << index }] : [])),
]
