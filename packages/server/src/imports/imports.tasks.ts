import { join } from 'node:path'
import type { Import } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { Scoped } from '../db/scoped.ts'
import { AppError } from '../errors.ts'
import type { CustomFieldRules } from '../fields/rules.ts'
import type { Files, FilesOptions } from '../files/files.ts'
import type { Caller } from '../http/caller.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { storageFaultOf } from '../storage-fault.ts'
import { createTeller } from '../worker/teller.ts'
import { Hopeless, type TaskContext, type TaskHandler } from '../worker/worker.ts'
import type { ImportEnding } from './ending.ts'
import { PARTS_AHEAD } from './ahead.ts'
import { type Checkpoint, FRESH, type ImportsStore, written } from './imports.store.ts'
import { createPreparation, detectionOf, readSettingsOf } from './prepare.ts'
import { openReader, type Reader } from './reader.ts'
import type { createRehearsal } from './rehearse.ts'
import { partRefused, rejectsFile, type Running } from './part.ts'
import type { ImportRun } from './run.ts'
import { isStaged, removeScratch } from './scratch.ts'
import { NO_COUNTS } from './states.ts'
import { UnreadableFile } from './survey.ts'

interface TaskDeps {
  store: ImportsStore; scoped: Scoped; ledger: Ledger; files: Files; rules: CustomFieldRules; clock: Clock
  run: ImportRun; rehearse: ReturnType<typeof createRehearsal>; ending: ImportEnding; filesOptions: FilesOptions
}

const STAGED_SHARE = 0.3
/** What another try mends, and what says that the task is not ours any more: whoever took it ends the import. */
const PASSING: readonly AppError['code'][] = ['unavailable', 'storage_full', 'lease_lost', 'invalid_state']

export const scratchFolder = (dataDir: string, taskId: string): string => join(dataDir, 'scratch', taskId)

/** The task of an import: read by a thread of its own, staged, then rehearsed or written. Taken up again where it stopped. */
export const createImportHandler = ({ store, scoped, ledger, files, rules, clock, run, rehearse, ending, filesOptions }: TaskDeps): TaskHandler => {
  const prepare = createPreparation({ store, rules })

  const save = async (caller: Caller, item: Import, set: Parameters<ImportsStore['update']>[2] extends infer Set ? Omit<Set, 'updatedAt'> : never, from: readonly Import['state'][]): Promise<void> => {
    const outcome = await ledger.run({ workspaceId: caller.workspaceId, statements: [store.update(caller.workspaceId, item.id, { ...set, updatedAt: instant(clock()) }, from)] })
    if (outcome.state === 'refused') throw partRefused(outcome.refusal)
  }

  return async (task, context) => {
    const { importId, actor, mode = 'run' } = task.payload as { importId: string; actor: Caller['actor']; mode?: 'run' | 'rehearse' }
    const caller = { ...context.caller, actor }
    // The checkpoint first: where a part is written in between, it is the one that is out of date, and refuses what goes by it.
    const checkpoint = await store.checkpoint(caller.workspaceId, importId)
    const found = await scoped.find(caller, 'imports', importId)
    if (!found || !checkpoint) throw new Hopeless('The import is gone.')
    const item = JSON.parse(found.json) as Import
    if (item.taskId !== task.id) throw new Hopeless('The import was started anew.')
    // A try before this one was killed when all was written.
    if (mode === 'run' && item.state === 'succeeded') return item.counts
    const folder = scratchFolder(filesOptions.dataDir, task.id)
    let reader: Reader | null = null
    let unstaged = false
    try {
      reader = openReader({ files: filesOptions, source: `imports:${importId}:source`, rejects: `imports:${importId}:rejects`, folder, settings: await readSettingsOf(item, caller.workspaceId, rules) })
      const counts = await (mode === 'rehearse' ? rehearsed(item, reader, caller, context) : ran(item, reader, checkpoint, caller, context))
      removeScratch(folder)
      return counts
    } catch (error) {
      const again = await scoped.find(caller, 'imports', importId)
      const state = again ? (JSON.parse(again.json) as Import).state : 'cancelled'
      if (state === 'cancelled') await ending.end(caller, item, 'cancelled', null)
      if (context.signal.aborted || state === 'cancelled') throw error
      const fatal = error instanceof Hopeless || error instanceof UnreadableFile || (error instanceof AppError && !PASSING.includes(error.code))
      if (!fatal) {
        // A file that could not be staged in whole is staged anew; until then it takes no room on a disk that has none.
        if (storageFaultOf(error)?.full && !isStaged(folder)) unstaged = true
        throw error
      }
      await ending.end(caller, item, 'failed', error.message.slice(0, 2_000))
      throw new Hopeless(error.message)
    } finally {
      await reader?.close()
      if (unstaged) removeScratch(folder)
    }
  }

  async function read(item: Import, reader: Reader, checkpoint: Checkpoint, caller: Caller, context: TaskContext, state: 'running' | 'rehearsing') {
    const tell = createTeller(context)
    const stopped = new Promise<never>((_, reject) => context.signal.addEventListener('abort', () => reject(context.signal.reason as Error), { once: true }))
    const prepared = await Promise.race([prepare(reader, item, checkpoint, caller.workspaceId, tell), stopped])
    const { staged } = prepared
    await save(caller, item, { state, mapping: staged.survey.mapping, total: staged.rows, ...(item.detection ? { detection: detectionOf(item.detection, staged.survey) } : {}) }, ['queued', state])
    const standing = {
      noun: item.noun, item: { ...item, mapping: staged.survey.mapping }, caller, reader, tags: await store.tags(caller.workspaceId), firstStage: prepared.firstStage, lastPosition: new Map<string, string | null>(), signal: context.signal,
      keyless: staged.survey.keyless,
      onPart: (g: number) => tell(STAGED_SHARE + (1 - STAGED_SHARE) * (staged.rows === 0 ? 1 : g / staged.rows), `${g} of ${staged.rows} rows`),
    }
    // What was read is counted once; a task that goes on has counted it.
    const counts = { ...NO_COUNTS, rows: staged.rows, collapsed: staged.collapsed, rejected: staged.rejected }
    return { ...prepared, standing, counts }
  }

  async function rehearsed(item: Import, reader: Reader, caller: Caller, context: TaskContext) {
    const { staged, standing, counts, create } = await read(item, reader, FRESH, caller, context, 'rehearsing')
    const done = await rehearse({ ...standing, counts, rejects: staged.rejects, create })
    await save(caller, item, { state: 'rehearsed', ...done, error: null, finishedAt: instant(clock()) }, ['rehearsing'])
    return done.counts
  }

  async function ran(item: Import, reader: Reader, checkpoint: Checkpoint, caller: Caller, context: TaskContext) {
    const { staged, standing, counts, create, stages } = await read(item, reader, checkpoint, caller, context, 'running')
    const goesOn = checkpoint.g > 0 || checkpoint.done.length > 0
    if (!goesOn) await files.remove(`imports:${item.id}:rejects:b`)
    // Written by parts that were not: their rows may stand in other parts now.
    for (let ahead = checkpoint.done.length > 0 ? 1 : 0; goesOn && ahead <= PARTS_AHEAD; ahead++) await files.remove(rejectsFile(item, { ...checkpoint, parts: checkpoint.parts + ahead }))
    const state: Running = { ...standing, counts: goesOn ? item.counts : counts, rejects: goesOn ? item.rejects : staged.rejects, checkpoint: { ...checkpoint, stageIds: Object.fromEntries(stages) } }
    if (create.length > 0) {
      const at = instant(clock())
      const next = { ...written(state.checkpoint), opened: true }
      const refusal = await run.settle(state, create, [store.update(caller.workspaceId, item.id, { checkpoint: next, updatedAt: at }, ['running'], state.checkpoint)], at)
      if (refusal) throw partRefused(refusal)
      state.checkpoint = next
    }
    await run.run(state)
    const at = instant(clock())
    const also = [store.update(caller.workspaceId, item.id, { state: 'succeeded', counts: state.counts, rejects: state.rejects, error: null, finishedAt: at, updatedAt: at }, ['running'], state.checkpoint)]
    const refusal = await run.settle(state, [], also, at, true)
    if (refusal) throw partRefused(refusal)
    await files.remove(`imports:${item.id}:source`)
    return state.counts
  }
}
