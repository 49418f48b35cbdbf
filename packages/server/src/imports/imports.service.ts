import type { Import, ImportCounts, ImportMapping, ImportNoun, ImportReject } from '@flowstate-ai/sdk/contract'
import { z } from 'zod'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import type { BoardStore } from '../deals/board.store.ts'
import { AppError, Invalid, NotFound } from '../errors.ts'
import type { Files } from '../files/files.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Change, Fields, Ledger, PlannedSet, Refusal, Statement } from '../ledger/ledger.ts'
import { refused, settled } from '../ledger/settled.ts'
import type { TasksService } from '../tasks/tasks.service.ts'
import { Hopeless, type TaskContext, type TaskHandler } from '../worker/worker.ts'
import { csvLine } from './csv.ts'
import { type Draft, type DraftContext, draftOf, type ImportStage } from './draft.ts'
import type { Checkpoint, ImportsStore } from './imports.store.ts'
import { mappingFor } from './mapping.ts'
import { planPart } from './plan.ts'
import { planStages } from './stages.ts'
import { dataRows, type Survey, surveyFile } from './survey.ts'

interface ImportsDeps { store: ImportsStore; scoped: Scoped; board: BoardStore; ledger: Ledger; files: Files; tasks: TasksService; clock: Clock }

export const IMPORT_LIMIT_BYTES = 1_073_741_824
/** Rows that are written together; a row can bring a company along, and a change set's part holds 500 changes. */
const PART_ROWS = 200
const SHOWN_REJECTS = 20
const DEFAULT_CURRENCY = 'EUR'

const Mapping = z.record(z.string(), z.string().nullable())

/** Imports: a file taken in as a stream, then read as a task, in parts that are each committed with how far they came. */
export const createImportsService = ({ store, scoped, board, ledger, files, tasks, clock }: ImportsDeps) => {
  const retrieve = async (caller: Caller, id: string): Promise<Import> => {
    requireWholeWorkspace(caller)
    const found = await scoped.find(caller, 'imports', id)
    if (!found) throw new NotFound('imports', id)
    return JSON.parse(found.json) as Import
  }
  const sourceOf = (id: string) => `imports:${id}:source`
  const rejectsOf = (id: string) => `imports:${id}:rejects`

  return {
    retrieve,
    async list(caller: Caller, query: ListQuery): Promise<ListPage> {
      requireWholeWorkspace(caller)
      return scoped.list(caller, 'imports', query)
    },

    async create(caller: Caller, { noun, name = 'upload.csv', map }: { noun: ImportNoun; name?: string | undefined; map?: string | undefined }, stream: ReadableStream<Uint8Array> | null): Promise<Import> {
      requireWholeWorkspace(caller)
      const mapping = saidMapping(map)
      if (!stream) throw new AppError('bad_request', 'Send the file as the body, with Content-Type: text/csv.')
      const now = clock()
      const id = newId('imports', now)
      const bytes = await files.write(sourceOf(id), stream, IMPORT_LIMIT_BYTES)
      if (bytes === 0) throw new AppError('bad_request', 'The file is empty.')
      const at = instant(now)
      const { id: taskId, statement } = tasks.enqueueStatement(caller.workspaceId, { kind: 'import', payload: { importId: id, actor: { ...caller.actor } }, maxAttempts: 20 })
      const item: Import = {
        id, noun, name, state: 'queued', bytes, mapping, counts: { rows: 0, created: 0, updated: 0, unchanged: 0, rejected: 0 }, rejects: [], error: null, taskId, changeSetId: newId('changesets', now), finishedAt: null,
        version: 1, createdAt: at, updatedAt: at, archivedAt: null,
      }
      const rows = settled(await ledger.run({ workspaceId: caller.workspaceId, statements: [store.insert(caller.workspaceId, item), statement] }))
      tasks.enqueued(caller.workspaceId, String(rows[1]?.[0]?.json))
      return item
    },

    /** All rejected rows as CSV: row, column, reason, and the row as it was. */
    async rejects(caller: Caller, id: string): Promise<string> {
      await retrieve(caller, id)
      return (await files.texts(rejectsOf(id))).join('')
    },

    handler: (async (task, context) => {
      const { importId, actor } = task.payload as { importId: string; actor: Caller['actor'] }
      const caller = { ...context.caller, actor }
      const item = await retrieve(caller, importId)
      const checkpoint = await store.checkpoint(caller.workspaceId, importId)
      if (!checkpoint) throw new Hopeless('The import is gone.')
      try {
        return await run(item, checkpoint, caller, context)
      } catch (error) {
        if (context.signal.aborted) throw error
        const fatal = error instanceof Hopeless || error instanceof AppError
        if (fatal) await save(caller, importId, { state: 'failed', error: error.message.slice(0, 2_000), finishedAt: instant(clock()) })
        throw fatal ? new Hopeless(error.message) : error
      }
    }) satisfies TaskHandler,
  }

  async function save(caller: Caller, id: string, set: Omit<Parameters<ImportsStore['update']>[2], 'updatedAt'>): Promise<void> {
    settled(await ledger.run({ workspaceId: caller.workspaceId, statements: [store.update(caller.workspaceId, id, { ...set, updatedAt: instant(clock()) })] }))
  }

  async function run(item: Import, checkpoint: Checkpoint, caller: Caller, { progress, signal }: TaskContext): Promise<ImportCounts> {
    const read = () => files.read(sourceOf(item.id))
    await progress(0, 'Reading the file')
    const survey = await surveyFile(read, (header) => mappingFor(item.noun, header, item.mapping))
    if (survey.header.length === 0) throw new Hopeless('The file has no header.')
    const state: Running = { item, caller, counts: { ...item.counts }, rejects: [...item.rejects], checkpoint: { ...checkpoint }, companies: await store.companiesByName(caller.workspaceId), lastPosition: new Map() }
    const { context, firstStage } = await understand(state, survey)
    if (state.checkpoint.parts === 0) await files.put(`${rejectsOf(item.id)}:part-000000`, csvLine(['row', 'column', 'reason', ...survey.header]))
    await save(caller, item.id, { state: 'running', mapping: survey.mapping })

    let row = 0
    let part: Draft[] = []
    let faults: { rejects: ImportReject[]; cells: string[] }[] = []
    const flush = async () => {
      signal.throwIfAborted()
      await commitPart(state, part, faults, row, firstStage)
      part = []
      faults = []
      await progress(survey.rows === 0 ? 1 : row / survey.rows, `${row} of ${survey.rows} rows`)
    }
    for await (const csv of dataRows(read, survey)) {
      row++
      if (row <= checkpoint.rows) continue
      state.counts.rows++
      const draft = draftOf(csv, context)
      if (Array.isArray(draft)) faults.push({ rejects: draft, cells: csv.cells })
      else if (superseded(draft, survey)) state.counts.unchanged++
      else part.push(draft)
      if (part.length + faults.length >= PART_ROWS) await flush()
    }
    if (part.length + faults.length > 0) await flush()
    await finish(state)
    return state.counts
  }

  /** Stages and currency, once a file; new stages are created with the import's first part, and known again when it is resumed. */
  async function understand(state: Running, survey: Survey): Promise<{ context: DraftContext; firstStage: ImportStage | null }> {
    const { item, caller, checkpoint } = state
    const known = item.noun === 'deals' ? await store.stages(caller.workspaceId) : []
    const currency = known[0]?.currency ?? DEFAULT_CURRENCY
    const planned = Object.keys(checkpoint.stageIds).length > 0
      ? { stages: new Map(Object.entries(checkpoint.stageIds)), create: [] }
      : planStages(item.noun === 'deals' ? survey.stages : new Map(), known, item.name, currency)
    if (item.noun === 'deals' && planned.stages.size === 0) throw new Hopeless('There is no pipeline to put deals into, and the file names no stages: create a pipeline first.')
    checkpoint.stageIds = Object.fromEntries(planned.stages)
    if (planned.create.length > 0) await commit(state, planned.create, [store.update(caller.workspaceId, item.id, { checkpoint: { ...checkpoint, opened: true }, updatedAt: instant(clock()) })])
    return { context: { noun: item.noun, survey, stages: planned.stages, currency }, firstStage: [...planned.stages.values()].find(({ kind }) => kind === 'open') ?? [...planned.stages.values()][0] ?? null }
  }

  /** One part: its rows, its counts and how far it came are one transaction, so that a kill neither loses nor repeats a row. */
  async function commitPart(state: Running, drafts: Draft[], faults: { rejects: ImportReject[]; cells: string[] }[], row: number, firstStage: ImportStage | null): Promise<void> {
    const { item, caller, checkpoint } = state
    const lines = faults.flatMap(({ rejects, cells }) => rejects.map((found) => csvLine([String(found.row), found.column ?? '', found.reason, ...cells])))
    for (const { rejects } of faults) reject(state, rejects)
    checkpoint.rows = row
    checkpoint.parts++
    const rejectsFile = `${rejectsOf(item.id)}:part-${String(checkpoint.parts).padStart(6, '0')}`
    if (lines.length > 0) await files.put(rejectsFile, lines.join(''))

    const companies = new Map(state.companies)
    const planned = await plan(state, drafts, firstStage)
    const counts = withPlanned(state.counts, planned)
    const progress = { counts, rejects: state.rejects, checkpoint: { ...checkpoint, opened: true } }
    if (planned.changes.length === 0) {
      state.counts = counts
      return save(caller, item.id, { ...progress, checkpoint })
    }
    const refusal = await tryCommit(state, planned.changes, [store.update(caller.workspaceId, item.id, { ...progress, updatedAt: instant(clock()) })])
    if (!refusal) {
      state.counts = counts
      return
    }
    forget(state, companies, refusal)
    lines.push(...await writeHalves(state, drafts, firstStage))
    if (lines.length > 0) await files.put(rejectsFile, lines.join(''))
    await save(caller, item.id, { counts: state.counts, rejects: state.rejects, checkpoint })
  }

  /** Halves what was refused until the rows are found that are to blame; answers their lines. */
  async function writeHalves(state: Running, drafts: Draft[], firstStage: ImportStage | null): Promise<string[]> {
    const middle = Math.ceil(drafts.length / 2)
    const lines: string[] = []
    for (const half of [drafts.slice(0, middle), drafts.slice(middle)]) {
      const [draft] = half
      if (!draft) continue
      const companies = new Map(state.companies)
      const planned = await plan(state, half, firstStage)
      const refusal = planned.changes.length === 0 ? null : await tryCommit(state, planned.changes, [])
      if (!refusal) {
        state.counts = withPlanned(state.counts, planned)
        continue
      }
      forget(state, companies, refusal)
      // What moved under our hands is read anew at the next try.
      if (half.length > 1 || refusal.reason === 'moved') lines.push(...await writeHalves(state, half, firstStage))
      else lines.push(refuseRow(state, draft, refusal))
    }
    return lines
  }

  async function plan(state: Running, drafts: Draft[], firstStage: ImportStage | null) {
    const { item: { noun }, caller } = state
    const { workspaceId } = caller
    const keys = drafts.flatMap(({ fields }) => (typeof fields.externalId === 'string' ? [fields.externalId] : []))
    const emails = drafts.flatMap(({ fields, customerEmail }) => [noun === 'customers' ? fields.email : customerEmail]).flatMap((email) => (typeof email === 'string' ? [email.toLowerCase()] : []))
    const byKey = await store.byExternalId(workspaceId, noun, keys)
    const byEmail = await store.byEmail(workspaceId, [...new Set(emails)])
    const idOf = ({ fields }: Draft): string | undefined => {
      const known = typeof fields.externalId === 'string' ? byKey.get(fields.externalId) : undefined
      if (known !== undefined || typeof fields.externalId === 'string') return known
      if (noun === 'customers') return typeof fields.email === 'string' ? byEmail.get(fields.email.toLowerCase()) : undefined
      return noun === 'companies' ? state.companies.get(nameOf(fields)) : undefined
    }
    const current = await scoped.findMany(caller, noun, drafts.flatMap((draft) => idOf(draft) ?? []))
    if (noun === 'deals') {
      for (const stage of [...drafts.map((draft) => draft.stage), firstStage]) {
        if (stage && !state.lastPosition.has(stage.id)) state.lastPosition.set(stage.id, await board.lastPosition(workspaceId, stage.id))
      }
    }
    const planned = planPart(drafts, {
      noun, at: instant(clock()), idOf, companies: state.companies, customers: byEmail, firstStage, lastPosition: state.lastPosition,
      current: new Map([...current].map(([id, { version, json }]) => [id, { version, fields: JSON.parse(json) as Fields }])),
    })
    for (const change of planned.changes) if (change.verb === 'create' && change.noun === 'companies') state.companies.set(nameOf(change.set), change.id)
    return planned
  }

  async function commit(state: Running, changes: Change[], also: Statement[]): Promise<void> {
    const refusal = await tryCommit(state, changes, also)
    if (refusal) throw refused(refusal)
  }

  function forget(state: Running, companies: Map<string, string>, refusal: Refusal): void {
    if (refusal.reason === 'storage') throw refused(refusal)
    state.companies = companies
    state.lastPosition.clear()
  }

  async function tryCommit({ item, caller, checkpoint }: Running, changes: Change[], also: Statement[], last = false): Promise<Refusal | null> {
    const set: PlannedSet = {
      id: item.changeSetId, workspaceId: caller.workspaceId, actor: caller.actor, source: { kind: 'import', id: item.id }, at: instant(clock()), changes, part: { first: !checkpoint.opened, last },
      also,
    }
    const outcome = await ledger.commit(set)
    if (outcome.state === 'refused') return outcome.refusal
    checkpoint.opened = true
    return null
  }

  /** Closes the change set and the import in one commit; the source is not needed any more. */
  async function finish(state: Running): Promise<void> {
    const at = instant(clock())
    const refusal = await tryCommit(state, [], [store.update(state.caller.workspaceId, state.item.id, { state: 'succeeded', counts: state.counts, rejects: state.rejects, error: null, finishedAt: at, updatedAt: at })], true)
    if (refusal) throw refused(refusal)
    await files.remove(sourceOf(state.item.id))
  }
}
export type ImportsService = ReturnType<typeof createImportsService>

interface Running {
  item: Import
  caller: Caller
  counts: ImportCounts
  rejects: ImportReject[]
  checkpoint: Checkpoint
  companies: Map<string, string>
  lastPosition: Map<string, string | null>
}

/** A row with several faults is one rejected row. */
const reject = (state: Running, rejects: ImportReject[]) => {
  state.counts.rejected++
  state.rejects.push(...rejects)
  state.rejects.splice(SHOWN_REJECTS)
}

const refuseRow = (state: Running, draft: Draft, refusal: Refusal): string => {
  const found: ImportReject = refusal.reason === 'unique'
    ? { row: draft.line, column: refusal.field, reason: `${refusal.field} is held by ${refusal.id || 'another record'} already` }
    : { row: draft.line, column: null, reason: `was refused: ${refusal.reason}` }
  reject(state, [found])
  return csvLine([String(found.row), found.column ?? '', found.reason, ...draft.cells])
}

const withPlanned = (counts: ImportCounts, { created, updated, unchanged }: { created: number; updated: number; unchanged: number }): ImportCounts =>
  ({ ...counts, created: counts.created + created, updated: counts.updated + updated, unchanged: counts.unchanged + unchanged })

const superseded = ({ fields, line }: Draft, { lastLine }: Survey): boolean => typeof fields.externalId === 'string' && (lastLine.get(fields.externalId) ?? line) !== line

const nameOf = (fields: Fields): string => String(fields.name ?? '').toLowerCase().replaceAll(/\s+/g, ' ').trim()

const saidMapping = (text: string | undefined): ImportMapping => {
  if (text === undefined) return {}
  try {
    return Mapping.parse(JSON.parse(text))
  } catch {
    throw new Invalid([{ pointer: '?map', code: 'invalid_format', detail: 'must be a JSON object from column to field, such as {"deal_stage":"stage","notes":null}' }])
  }
}
