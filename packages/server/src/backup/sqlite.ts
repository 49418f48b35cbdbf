import { createReadStream, existsSync, statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { ArchivePart } from './archive.ts'
import type { Manifest } from './manifest.ts'

export type Snapshot = Pick<Manifest, 'workspaces' | 'migrations' | 'tables'>
type Said = { kind: 'begun' } | { kind: 'progress'; share: number } | ({ kind: 'done' } & Pick<Manifest, 'workspaces' | 'migrations'>)

const IS_SOURCE = import.meta.url.endsWith('.ts')
const THREAD = new URL(IS_SOURCE ? './sqlite.snapshot.ts' : './sqlite.snapshot.js', import.meta.url)

/** Copies an SQLite database, in use or not, into a file of its own. `onBegun` is called when the moment that it shows is fixed. */
export const snapshotSqlite = (file: string, to: string, { onBegun, onProgress }: { onBegun: () => void; onProgress: (share: number) => void }): Promise<Snapshot> => new Promise((resolve, reject) => {
  if (!existsSync(file)) throw new Error(`There is no database ${file}. Say with --data where it lies.`)
  const thread = new Worker(THREAD, { workerData: { file, to }, execArgv: IS_SOURCE ? ['--conditions=flowstate-source'] : [] })
  let done: Snapshot | null = null
  thread.on('message', (said: Said) => {
    if (said.kind === 'begun') onBegun()
    else if (said.kind === 'progress') onProgress(said.share)
    else done = { workspaces: said.workspaces, migrations: said.migrations, tables: [] }
  })
  thread.once('error', reject)
  thread.once('exit', () => (done ? resolve(done) : reject(new Error('The copy of the database ended before it was whole.'))))
})

export const databasePart = (copy: string): ArchivePart => ({ name: 'flowstate.db', size: statSync(copy).size, body: createReadStream(copy, { highWaterMark: 1_048_576 }) as AsyncIterable<Buffer> })
