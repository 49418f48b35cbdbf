import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FreshDatabase } from './databases.ts'
import { startPostgres } from './postgres.ts'

/** An empty database for one soak, gone with it: a file, or a PostgreSQL of its own. */
export const soakDatabase = async (dialect: string): Promise<FreshDatabase> => {
  if (dialect !== 'sqlite' && dialect !== 'postgres') throw new Error(`--database takes sqlite or postgres, not ${dialect}.`)
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-soak-'))
  const remove = () => rmSync(dir, { recursive: true, force: true })
  if (dialect === 'sqlite') return { dialect, url: `file:${join(dir, 'flowstate.db')}`, dir, dispose: async () => remove() }
  const postgres = await startPostgres()
  return {
    dialect, url: postgres.url, dir,
    async dispose() {
      await postgres.remove()
      remove()
    },
  }
}
