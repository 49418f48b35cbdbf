import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type SecretsGiven, sourceOf } from '../keyring/source.ts'
import { versionOf } from '../version.ts'
import { type ArchivePart, tarOf } from './archive.ts'
import { bytesBelow, fileParts, linkFiles } from './files.ts'
import { fingerprintOf, type Manifest } from './manifest.ts'
import { openPostgresDump } from './postgres.ts'
import { databasePart, type Snapshot, snapshotSqlite } from './sqlite.ts'

export interface BackupOf {
  databaseUrl: string
  dataDir: string
  storageUrl?: string | undefined
  secret: SecretsGiven
  /** Puts the secret itself into the backup; default: only what tells whether another one is the same. */
  withSecret: boolean
  onProgress?: (share: number) => void
}
/** A backup on its way: the bytes of a tar file, and about how many there will be. */
export interface OpenBackup { bytes: AsyncGenerator<Buffer>; estimate: number }

const TEMPORARY = '.backup-'
const A_DAY_MS = 86_400_000

export const isPostgres = (url: string): boolean => /^postgres(ql)?:/.test(url)
export const sqliteFile = (url: string): string => (url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length))
export const filesDir = ({ dataDir, storageUrl }: { dataDir: string; storageUrl?: string | undefined }): string => (storageUrl ? fileURLToPath(storageUrl) : join(dataDir, 'files'))

/**
 * Everything that a Flowstate is, as it stood at one moment at or after this call, while it goes on serving: the database and the files that
 * it speaks of. Every write that was acknowledged before is in it.
 */
export const openBackup = async (of: BackupOf): Promise<OpenBackup> => {
  const home = isPostgres(of.databaseUrl) ? of.dataDir : dirname(sqliteFile(of.databaseUrl))
  mkdirSync(home, { recursive: true })
  removeLeftovers(home)
  const folder = mkdtempSync(join(home, TEMPORARY))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const { parts, snapshot, estimate, close } = await (isPostgres(of.databaseUrl) ? postgres(of, folder) : sqlite(of, folder))
    return { estimate, bytes: closing(tarOf(parts, () => manifestOf(of, snapshot)), async () => { remove(); await close() }) }
  } catch (error) {
    remove()
    throw error
  }
}

interface Opened { parts: AsyncGenerator<ArchivePart>; snapshot: Snapshot; estimate: number; close(): Promise<void> }

const sqlite = async (of: BackupOf, folder: string): Promise<Opened> => {
  const [files, copy, linked] = [filesDir(of), join(folder, 'flowstate.db'), join(folder, 'files')]
  linkFiles(files, linked)
  const snapshot = await snapshotSqlite(sqliteFile(of.databaseUrl), copy, { onBegun: () => linkFiles(files, linked), onProgress: of.onProgress ?? (() => undefined) })
  const parts = async function* () {
    yield databasePart(copy)
    yield* rest(of, linked)
  }
  return { snapshot, parts: parts(), estimate: statSync(copy).size + bytesBelow(linked), close: async () => undefined }
}

const postgres = async (of: BackupOf, folder: string): Promise<Opened> => {
  const [files, linked] = [filesDir(of), join(folder, 'files')]
  linkFiles(files, linked)
  const dump = await openPostgresDump(of.databaseUrl)
  linkFiles(files, linked)
  const parts = async function* () {
    yield* dump.parts()
    yield* rest(of, linked)
  }
  return { snapshot: dump.snapshot, parts: parts(), estimate: dump.estimate + bytesBelow(linked), close: dump.close }
}

async function* rest({ secret, withSecret }: BackupOf, linked: string): AsyncGenerator<ArchivePart> {
  yield* fileParts(linked)
  if (!withSecret) return
  const body = Buffer.from(sourceOf(secret).read().join('\n'))
  yield { name: 'secret', size: body.length, body }
}

const manifestOf = ({ databaseUrl, secret, withSecret }: BackupOf, snapshot: Snapshot): Omit<Manifest, 'parts'> => ({
  format: 1, version: versionOf(), createdAt: new Date().toISOString(), dialect: isPostgres(databaseUrl) ? 'postgres' : 'sqlite', ...snapshot,
  secret: { fingerprint: fingerprintOf(sourceOf(secret).read()[0] ?? ''), included: withSecret },
})

async function* closing(bytes: AsyncGenerator<Buffer>, close: () => Promise<void>): AsyncGenerator<Buffer> {
  try {
    yield* bytes
  } finally {
    await close()
  }
}

/** Of backups whose process was killed. */
const removeLeftovers = (home: string): void => {
  for (const name of readdirSync(home)) {
    if (name.startsWith(TEMPORARY) && Date.now() - statSync(join(home, name)).mtimeMs > A_DAY_MS) rmSync(join(home, name), { recursive: true, force: true })
  }
}
