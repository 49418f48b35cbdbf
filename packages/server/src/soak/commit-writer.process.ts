import { openDatabase } from '../db/open.ts'
import { createSystem } from '../db/system.ts'
import { newId } from '../ids.ts'
import { settled } from '../ledger/settled.ts'
import { createWorkspacesService } from '../workspaces/workspaces.service.ts'

/** Commits one change set after the other, each acknowledged before the next: for counting syncs from outside. */
const [file = '', commits = '1', mode = 'sync'] = process.argv.slice(2)
const database = await openDatabase({ url: `file:${file}`, unsafeNoSync: mode === 'nosync' })
const { id: workspaceId } = await createWorkspacesService(database, createSystem(database), Date.now).create('acme')
for (let count = 0; count < Number(commits); count++) {
  settled(await database.ledger.commit({
    id: newId('changesets'), workspaceId, actor: { kind: 'system', id: 'system', name: 'Writer' }, source: { kind: 'request', id: 'req' }, at: new Date().toISOString(),
    changes: [{ verb: 'create', noun: 'companies', id: newId('companies'), set: { name: `Company ${count}`, customFields: {} } }],
  }))
}
await database.close()
