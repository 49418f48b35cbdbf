import { IMPORT_LIMIT_BYTES, type Import, ImportMapping, type ImportNoun, type ImportSettings, type QueryOf, type operations } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { AppError, Conflict, Invalid, NotFound } from '../errors.ts'
import type { CustomFieldRules } from '../fields/rules.ts'
import type { Files } from '../files/files.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Ledger, Statement } from '../ledger/ledger.ts'
import { refused, settled } from '../ledger/settled.ts'
import { onceOf, settledAs, type Written } from '../ledger/writes.ts'
import { storageFaultOf } from '../storage-fault.ts'
import type { TasksService } from '../tasks/tasks.service.ts'
import { createSniffer, type Sniffed } from './decode.ts'
import { type Detected, detectFile } from './detect.ts'
import type { ImportEnding } from './ending.ts'
import { FRESH, type ImportsStore } from './imports.store.ts'
import type { MappingsService } from './mappings.service.ts'
import { membersOf } from './prepare.ts'
import { DIFF_HEADER, diffCsv } from './rehearse.ts'
import { IMPORT_ENDED, NO_COUNTS, WORKED_ON } from './states.ts'
import { UnreadableFile } from './survey.ts'

interface ImportsDeps { store: ImportsStore; scoped: Scoped; ledger: Ledger; files: Files; tasks: TasksService; mappings: MappingsService; rules: CustomFieldRules; ending: ImportEnding; clock: Clock }
type Upload = QueryOf<typeof operations.imports.upload>

const SAMPLE_BYTES = 262_144
const TRIES = 20
/** In which an import can still be corrected, rehearsed and run. */
const OPEN: readonly Import['state'][] = ['uploaded', 'rehearsed', 'failed']

/** Imports: a file taken in as a stream, looked at, rehearsed, and written as a task. */
export const createImportsService = ({ store, scoped, ledger, files, tasks, mappings, rules, ending, clock }: ImportsDeps) => {
  const sourceOf = (id: string) => `imports:${id}:source`

  const find = async (caller: Caller, id: string): Promise<Import> => {
    requireWholeWorkspace(caller)
    const found = await scoped.find(caller, 'imports', id)
    if (!found) throw new NotFound('imports', id)
    return JSON.parse(found.json) as Import
  }
  /** A task that was cancelled, or is dead, has ended its import, even if the server was killed in between. */
  const retrieve = async (caller: Caller, id: string): Promise<Import> => {
    const item = await find(caller, id)
    if (!WORKED_ON.includes(item.state) || item.taskId === '') return item
    const task = JSON.parse(await tasks.retrieve(caller, item.taskId)) as { state: string; error: string | null }
    if (task.state !== 'cancelled' && task.state !== 'dead') return item
    try {
      await (task.state === 'cancelled' ? ending.end(caller, item, 'cancelled', null) : ending.end(caller, item, 'failed', task.error))
    } catch (error) {
      // Who only looks is answered while nothing can be written; the next to look ends it.
      if (!storageFaultOf(error)) throw error
    }
    return find(caller, id)
  }

  const detect = async (caller: Caller, noun: ImportNoun, file: { format: 'csv' | 'jsonl'; sample: Buffer; whole: boolean; sniffed: Sniffed }, settings: ImportSettings, named: string | undefined): Promise<Detected> => {
    try {
      return await detectFile({
        noun, ...file, settings, ...(await mappings.for(caller, noun, named)), definitions: await rules.definitionsOf(caller.workspaceId, noun), members: membersOf(await store.members(caller.workspaceId)),
      })
    } catch (error) {
      if (error instanceof UnreadableFile) throw new Invalid([{ pointer: '', code: 'unreadable', detail: `cannot be read. ${error.message}` }])
      throw error
    }
  }

  const enqueue = (caller: Caller, importId: string, mode: 'run' | 'rehearse') =>
    tasks.enqueueStatement(caller.workspaceId, { kind: 'import', payload: { importId, mode, actor: { ...caller.actor } }, maxAttempts: TRIES })

  /** A change of an import that answers it. */
  const change = async (caller: Caller, item: Import, set: Partial<Import>, from: readonly Import['state'][], status: number, also: Statement[] = []): Promise<Written> => {
    const at = instant(clock())
    const next: Import = { ...item, ...set, version: item.version + 1, updatedAt: at }
    const answer = { status, headers: {}, body: JSON.stringify(next) }
    const outcome = await ledger.run({ workspaceId: caller.workspaceId, statements: [store.update(caller.workspaceId, item.id, { ...set, checkpoint: FRESH, updatedAt: at }, from), ...also], ...onceOf(caller, answer) })
    const { written, ...rest } = settledAs(outcome, answer)
    if (written) {
      if (outcome.state === 'committed') for (const row of outcome.rows[1] ?? []) tasks.enqueued(caller.workspaceId, String(row.json))
      return written
    }
    const { refusal } = rest as { refusal: Parameters<typeof refused>[0] }
    throw refusal.reason === 'expectation' && refusal.otherwise === IMPORT_ENDED ? new Conflict('invalid_state', 'The import changed its state just now; look at it again.') : refused(refusal)
  }

  const open = async (caller: Caller, id: string): Promise<Import> => {
    const item = await retrieve(caller, id)
    if (!OPEN.includes(item.state)) throw new Conflict('invalid_state', `An import that is ${item.state} cannot be changed or run; that takes one that is ${OPEN.join(', ')}. Upload the file again.`)
    if ((await store.checkpoint(caller.workspaceId, id))?.opened) throw new Conflict('invalid_state', 'This import has written a part of its rows before it failed. Undo its change set and upload the file again; what is there already stays as it is.')
    return item
  }
  const start = (mode: 'run' | 'rehearse') => async (caller: Caller, id: string): Promise<Written> => {
    const item = await open(caller, id)
    const { id: taskId, statement } = enqueue(caller, id, mode)
    return change(caller, item, { state: 'queued', taskId, error: null, counts: NO_COUNTS, rejects: [], preview: [], total: null, finishedAt: null }, OPEN, 202, [statement])
  }

  return {
    retrieve,
    async list(caller: Caller, query: ListQuery): Promise<ListPage> {
      requireWholeWorkspace(caller)
      return scoped.list(caller, 'imports', query)
    },

    async upload(caller: Caller, { noun, name, map, mapping: named, mode, ...said }: Upload, format: 'csv' | 'jsonl', stream: ReadableStream<Uint8Array> | null): Promise<Import> {
      requireWholeWorkspace(caller)
      const settings = { ...given(said), ...(map === undefined ? {} : { map: saidMapping(map) }) }
      if (!stream) throw new AppError('bad_request', 'Send the file as the body, with Content-Type: text/csv or application/x-ndjson.')
      const now = clock()
      const id = newId('imports', now)
      const sniffer = createSniffer()
      try {
        const bytes = await files.write(sourceOf(id), sniffer.watch(stream), IMPORT_LIMIT_BYTES)
        if (bytes === 0) throw new AppError('bad_request', 'The file is empty.')
        const sample = sniffer.sample()
        const detected = await detect(caller, noun, { format, sample, whole: sample.length === bytes, sniffed: sniffer.encoding() }, settings, named)
        const at = instant(now)
        const task = mode === 'detect' ? null : enqueue(caller, id, mode === 'rehearse' ? 'rehearse' : 'run')
        const item: Import = {
          id, noun, name: name ?? `upload.${format}`, state: task ? 'queued' : 'uploaded', bytes, mapping: detected.mapping, counts: NO_COUNTS, rejects: [], error: null, taskId: task?.id ?? '', changeSetId: newId('changesets', now), finishedAt: null,
          settings: detected.settings, detection: detected.detection, preview: [], total: null, version: 1, createdAt: at, updatedAt: at, archivedAt: null,
        }
        const rows = settled(await ledger.run({ workspaceId: caller.workspaceId, statements: [store.insert(caller.workspaceId, item), ...(task ? [task.statement] : [])] }))
        if (task) tasks.enqueued(caller.workspaceId, String(rows[1]?.[0]?.json))
        return item
      } catch (error) {
        // What may be known all the same keeps its file.
        if (!storageFaultOf(error)?.uncertain) await files.remove(sourceOf(id))
        throw error
      }
    },

    /** Looks at the beginning of the file again, in the light of what is said now. */
    async settings(caller: Caller, id: string, more: ImportSettings): Promise<Written> {
      const item = await open(caller, id)
      const { detection } = item
      if (!detection) throw new Conflict('invalid_state', 'This import was made by an older version; upload the file again.')
      const settings = { ...item.settings, ...given(more), ...(more.map ? { map: { ...item.settings.map, ...more.map } } : {}) }
      const sample = await sampleOf(id)
      const sniffed = { encoding: item.settings.encoding === undefined ? detection.encoding : 'utf-8' as const, bom: detection.bom }
      const detected = await detect(caller, item.noun, { format: detection.format, sample, whole: sample.length >= item.bytes, sniffed }, settings, undefined)
      return change(caller, item, { ...detected, state: 'uploaded', error: null }, OPEN, 200)
    },

    rehearse: start('rehearse'),
    run: start('run'),

    /** All rejected rows as CSV: row, column, reason, and the row as it was. */
    async rejects(caller: Caller, id: string): Promise<ReadableStream<Uint8Array>> {
      await retrieve(caller, id)
      return streamed(files.texts(`imports:${id}:rejects`))
    },

    async diff(caller: Caller, id: string, format: 'csv' | 'jsonl'): Promise<ReadableStream<Uint8Array>> {
      await retrieve(caller, id)
      const texts = files.texts(`imports:${id}:diff`)
      return streamed(format === 'jsonl' ? texts : asCsv(texts))
    },
  }

  async function sampleOf(id: string): Promise<Buffer> {
    const parts: Buffer[] = []
    let size = 0
    for await (const part of files.read(sourceOf(id))) {
      parts.push(part)
      size += part.length
      if (size >= SAMPLE_BYTES) break
    }
    if (size === 0) throw new Conflict('invalid_state', 'The file of this import is gone; upload it again.')
    return Buffer.concat(parts).subarray(0, SAMPLE_BYTES)
  }
}
export type ImportsService = ReturnType<typeof createImportsService>

const given = (settings: ImportSettings): ImportSettings => Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))

async function* asCsv(texts: AsyncIterable<string>): AsyncGenerator<string> {
  yield DIFF_HEADER
  for await (const text of texts) yield text.split('\n').filter((line) => line !== '').map((line) => diffCsv(JSON.parse(line) as Import['preview'][number])).join('')
}

const streamed = (texts: AsyncGenerator<string>): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await texts.next()
      if (done) controller.close()
      else if (value !== '') controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await texts.return(undefined)
    },
  })
}

const saidMapping = (text: string): ImportMapping => {
  try {
    return ImportMapping.parse(JSON.parse(text))
  } catch {
    throw new Invalid([{ pointer: '?map', code: 'invalid_format', detail: 'must be a JSON object from column to field, such as {"deal_stage":"stage","notes":null}' }])
  }
}
