import type { Clock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import type { Scoped } from '../db/scoped.ts'
import type { BoardStore } from '../deals/board.store.ts'
import type { CustomFieldRules } from '../fields/rules.ts'
import type { Files, FilesOptions } from '../files/files.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import type { TasksService } from '../tasks/tasks.service.ts'
import { createImportEnding } from './ending.ts'
import { createImportsService } from './imports.service.ts'
import { createImportsStore } from './imports.store.ts'
import { createImportHandler, scratchFolder } from './imports.tasks.ts'
import { createMappingsService } from './mappings.service.ts'
import { createMeeting } from './meet.ts'
import { createRehearsal } from './rehearse.ts'
import { createImportRun } from './run.ts'
import { removeScratch } from './scratch.ts'

interface ImportDeps { database: Database; scoped: Scoped; board: BoardStore; ledger: Ledger; files: Files; filesOptions: FilesOptions; tasks: TasksService; rules: CustomFieldRules; clock: Clock; log: Log }

/** What imports are made of, put together. */
export const createImports = ({ database, scoped, board, ledger, files, filesOptions, tasks, rules, clock, log }: ImportDeps) => {
  const store = createImportsStore(database)
  const meet = createMeeting({ store, scoped, board })
  const run = createImportRun({ store, ledger, files, meet, clock })
  const ending = createImportEnding({ store, ledger, files, clock, removeScratch: (taskId) => removeScratch(scratchFolder(filesOptions.dataDir, taskId)) })
  const importMappings = createMappingsService(database, scoped, clock)
  const service = createImportsService({ store, scoped, ledger, files, tasks, mappings: importMappings, rules, ending, clock })
  tasks.onCancel((caller, taskId, kind) => {
    if (kind !== 'import') return
    // Whoever looks at the import ends it, should this fail.
    store.byTask(caller.workspaceId, taskId).then((id) => (id === null ? null : service.retrieve(caller, id))).catch((error: unknown) => log.warn({ err: error, taskId }, 'A cancelled import could not be ended yet'))
  })
  const handler = createImportHandler({ store, scoped, ledger, files, rules, clock, run, ending, filesOptions, rehearse: createRehearsal({ files, meet, clock }) })
  return { imports: { ...service, handler }, importMappings }
}
