import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import { openDatabase } from '../db/open.ts'
import { lockFile } from '../db/sqlite.ts'

/** What a file holds that nobody would want to lose, in words; null when it is none or has no workspace. */
export const sqliteHolds = (file: string): string | null => {
  if (!existsSync(file)) return null
  const db = new Sqlite(file, { readonly: true })
  try {
    const { count } = db.prepare('select count(*) as count from workspaces').get() as { count: number }
    return count === 0 ? null : `${count} ${count === 1 ? 'workspace' : 'workspaces'} (${file})`
  } catch {
    return `something that is not a Flowstate (${file})`
  } finally {
    db.close()
  }
}

/** Checks a copy whole, brings its schema up to date, and answers what puts it into its place. */
export const checkSqlite = async (copy: string, file: string): Promise<{ rows: Record<string, number>; install(stamp: string): string[] }> => {
  const db = new Sqlite(copy)
  try {
    const problems = (db.pragma('integrity_check') as { integrity_check: string }[]).map((row) => row.integrity_check)
    if (problems[0] !== 'ok') throw new Error(`The database in this backup is damaged: ${problems.slice(0, 3).join('; ')}.`)
    const dangling = db.pragma('foreign_key_check') as { table: string }[]
    if (dangling.length > 0) throw new Error(`The database in this backup is damaged: ${dangling.length} rows of ${[...new Set(dangling.map(({ table }) => table))].join(', ')} point to nothing.`)
  } finally {
    db.close()
  }
  const migrated = await openDatabase({ url: `file:${copy}` })
  await migrated.close()
  const rows = countRows(copy)
  return {
    rows,
    install(stamp) {
      const unlock = lockFile(file)
      try {
        const moved: string[] = []
        for (const end of ['', '-wal', '-shm']) {
          if (!existsSync(file + end)) continue
          renameSync(file + end, `${file}.before-${stamp}${end}`)
          if (end === '') moved.push(`${file}.before-${stamp}`)
        }
        renameSync(copy, file)
        rmSync(`${copy}.lock`, { force: true })
        syncFolder(dirname(file))
        return moved
      } finally {
        unlock()
      }
    },
  }
}

const countRows = (file: string): Record<string, number> => {
  const db = new Sqlite(file)
  try {
    // What lies in the log belongs into the file before the file is moved alone.
    db.pragma('wal_checkpoint(TRUNCATE)')
    const tables = db.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name not like 'search_%' and name not like '\\_\\_%' escape '\\' order by name").all() as { name: string }[]
    return Object.fromEntries(tables.map(({ name }) => [name, (db.prepare(`select count(*) as count from "${name}"`).get() as { count: number }).count]))
  } finally {
    db.close()
  }
}

const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
