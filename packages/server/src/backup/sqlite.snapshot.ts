import { parentPort, workerData } from 'node:worker_threads'
import { openReader } from '../db/sqlite.ts'

/** Pages copied at a time: 4 MB, between which the thread hears that it is to end. */
const PAGES = 1_024

/**
 * A thread of its own that copies the database as it was at one moment. The open read transaction holds that moment, so that the copy never
 * begins anew however much is written meanwhile; in WAL mode nobody who writes waits for a reader.
 */
const { file, to } = workerData as { file: string; to: string }
const db = openReader(file)
db.prepare('begin').run()
const workspaces = db.prepare('select id, slug, seq from workspaces order by id').all()
const migrations = (db.prepare('select hash from __drizzle_migrations order by id').all() as { hash: string }[]).map(({ hash }) => hash)
parentPort?.postMessage({ kind: 'begun' })
await db.backup(to, {
  progress: ({ totalPages, remainingPages }) => {
    parentPort?.postMessage({ kind: 'progress', share: totalPages === 0 ? 0 : 1 - remainingPages / totalPages })
    return PAGES
  },
})
db.close()
parentPort?.postMessage({ kind: 'done', workspaces, migrations })
