import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { readArchive } from './archive.ts'
import { filesDir, isPostgres, sqliteFile } from './backup.ts'
import { filesBelow } from './files.ts'
import { linesOf } from '../keyring/source.ts'
import { fingerprintOf, type Manifest, refuseNewer } from './manifest.ts'
import { postgresHolds, restorePostgres } from './restore.postgres.ts'
import { checkSqlite, sqliteHolds } from './restore.sqlite.ts'

export interface RestoreOf {
  file: string
  databaseUrl: string
  dataDir: string
  storageUrl?: string | undefined
  /** Of the environment; null where the data directory keeps it in a file. */
  givenSecret: string | readonly string[] | null
  /** Moves what is there aside, under a name that ends with the moment; default: refuses. */
  force: boolean
  onProgress?: (share: number, words: string) => void
}
export interface Restored {
  manifest: Manifest
  /** Rows of each table. */
  rows: Record<string, number>
  /** Where what was there before lies now. */
  movedAside: string[]
  /** What the keys of the backup need and do not have here; a sentence. */
  warning: string | null
}

/** Puts a backup in the place of an empty, or of what is moved aside. Everything is read and held to its sums before anything is touched. */
export const restoreBackup = async (of: RestoreOf): Promise<Restored> => {
  const { file, databaseUrl, dataDir, force, onProgress = () => undefined } = of
  if (!existsSync(file) || !statSync(file).isFile()) throw new Error(`There is no file ${file}.`)
  if (!force) await refuseOccupied(of)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const staged = mkdtempSync(join(isPostgres(databaseUrl) ? dataDir : folderOf(databaseUrl), '.restore-'))
  try {
    const manifest = await readArchive(file, async (name, body) => {
      const path = join(staged, name)
      mkdirSync(dirname(path), { recursive: true })
      await pipeline(body, createWriteStream(path, { mode: 0o600, flush: true }))
    }, (share) => onProgress(share * 0.6, 'reading and checking'))
    const postgres = isPostgres(databaseUrl)
    if ((manifest.dialect === 'postgres') !== postgres) throw new Error(`This backup is of ${manifest.dialect === 'postgres' ? 'PostgreSQL: set DATABASE_URL=postgres://… to restore it' : 'SQLite: unset DATABASE_URL to restore it'}.`)
    refuseNewer(manifest)
    const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
    const movedAside: string[] = []
    let rows: Record<string, number>
    if (postgres) {
      const restored = await restorePostgres({ url: databaseUrl, staged, manifest, stamp, onProgress: (share, words) => onProgress(0.6 + share * 0.4, words) })
      rows = restored.rows
      movedAside.push(...restored.movedAside)
    } else {
      onProgress(0.7, 'checking integrity')
      const checked = await checkSqlite(join(staged, 'flowstate.db'), sqliteFile(databaseUrl))
      rows = checked.rows
      movedAside.push(...checked.install(stamp))
    }
    movedAside.push(...installFiles(of, join(staged, 'files'), stamp))
    const warning = installSecret(of, staged, manifest, stamp, movedAside)
    onProgress(1, 'restored')
    return { manifest, rows, movedAside, warning }
  } finally {
    rmSync(staged, { recursive: true, force: true })
  }
}

const folderOf = (databaseUrl: string): string => {
  const folder = dirname(sqliteFile(databaseUrl))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

const refuseOccupied = async (of: RestoreOf): Promise<void> => {
  const holds = isPostgres(of.databaseUrl) ? await postgresHolds(of.databaseUrl) : sqliteHolds(sqliteFile(of.databaseUrl))
  const what = holds ? `The database is not empty: it holds ${holds}` : filesBelow(filesDir(of)).length > 0 ? `${filesDir(of)} is not empty` : null
  if (what) throw new Error(`${what}. Restore into another place with --data DIR, or move what is there aside with --force.`)
}

const installFiles = (of: RestoreOf, from: string, stamp: string): string[] => {
  const to = filesDir(of)
  const moved: string[] = []
  if (filesBelow(to).length > 0) {
    moved.push(`${to}.before-${stamp}`)
    renameSync(to, `${to}.before-${stamp}`)
  }
  if (!existsSync(from)) return moved
  rmSync(to, { recursive: true, force: true })
  mkdirSync(dirname(to), { recursive: true })
  renameSync(from, to)
  return moved
}

/** The secret comes along where the backup holds it; else the one that is here must be the same, or the keys open nothing. */
const installSecret = ({ dataDir, givenSecret }: RestoreOf, staged: string, { secret }: Manifest, stamp: string, movedAside: string[]): string | null => {
  const file = join(dataDir, 'secret')
  const here = givenSecret === null ? (existsSync(file) ? linesOf(readFileSync(file, 'utf8')) : null) : [givenSecret].flat()
  if (here?.some((each) => fingerprintOf(each) === secret.fingerprint)) return null
  if (secret.included && givenSecret === null) {
    if (here !== null) {
      renameSync(file, `${file}.before-${stamp}`)
      movedAside.push(`${file}.before-${stamp}`)
    }
    writeFileSync(file, readFileSync(join(staged, 'secret')), { mode: 0o600 })
    return null
  }
  return `The keys in this backup were made with another secret than ${givenSecret === null ? `the one of ${dataDir}` : 'FLOWSTATE_SECRET'}${here === null ? ', which has none yet' : ''}: none of them will open anything. ${givenSecret === null ? `Put the old secret into ${file} (mode 0600)` : 'Set FLOWSTATE_SECRET to the old one'} before you start the server, or make new keys: flowstate keys create.`
}
