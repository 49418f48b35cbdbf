import type { LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { Archived, Conflict, Forbidden, Invalid, NotFound, Stale } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Change, Fields, Ledger, Outcome, PlannedSet, Refusal, StoredAnswer } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import type { RecordJson } from './record-json.ts'

export interface RecordDeps {
  scoped: Scoped
  ledger: Ledger
  clock: Clock
  json: RecordJson
  /** Where the interface is mounted, such as `/crm/api/v1`; for Location. */
  apiPath: string
}

/** What a noun adds to what all nouns share. */
export interface Noun {
  noun: LedgeredNoun
  /** Fields of a new record that the request leaves out. */
  defaults: Fields
  /** Fields that hold the id of another record, and its noun. */
  references: Record<string, LedgeredNoun>
  /** Completes the fields of a new record: what follows from others, or has to be looked up. May refuse. */
  complete?(caller: Caller, fields: Fields, at: string): Promise<Fields>
  /** Fields of the request that are no fields of the record, and the records of other nouns that they make: a pipeline's stages. */
  parts?(input: Fields, id: string): { fields: Fields; changes: Change[] }
  /** Completes a change in the light of the record as it is. May refuse. */
  amend?(caller: Caller, current: Fields, patch: Fields, at: string): Promise<Fields>
  /** Refuses to archive what others still need. */
  beforeArchive?(caller: Caller, current: Fields): Promise<void>
  /** What the answer shows besides the record's own fields; `created` are the parts of a new one. */
  embed?(caller: Caller, id: string, created: Fields[] | null): Promise<Fields>
}

/** A write's answer, stored or fresh; routes send it as it is. */
export type Written = StoredAnswer & { replayed?: boolean }

const MOST_TRIES = 20

/**
 * Create, read, list, change, archive, restore: the same for every ledgered noun. A write is planned on the record as it is read,
 * and planned anew when the record moved meanwhile, unless the caller named the version it means.
 */
export const createRecordService = ({ scoped, ledger, clock, json, apiPath }: RecordDeps, of: Noun) => {
  const { noun } = of

  const retrieve = async (caller: Caller, id: string) => {
    const found = await scoped.find(caller, noun, id)
    if (!found) throw new NotFound(noun, id)
    return found
  }

  const service = {
    retrieve,

    list: (caller: Caller, query: ListQuery): Promise<ListPage> => scoped.list(caller, noun, query),

    async create(caller: Caller, input: Fields): Promise<Written> {
      const now = clock()
      const at = instant(now)
      const id = newId(noun, now)
      const parts = of.parts ? of.parts(input, id) : { fields: input, changes: [] }
      const given = Object.fromEntries(Object.entries({ ...of.defaults, ...parts.fields }).filter(([, value]) => value !== undefined))
      const fields = of.complete ? await of.complete(caller, given, at) : given
      await refuseForeign(caller, fields, fields)
      const record = { ...fields, id, version: 1, createdAt: at, updatedAt: at, archivedAt: null }
      const create: Change = { verb: 'create', noun, id, set: fields }
      const made = { version: 1, createdAt: at, updatedAt: at, archivedAt: null }
      const embedded = of.embed ? await of.embed(caller, id, parts.changes.map((part) => ({ ...part.set, id: part.id, ...made }))) : {}
      const outcome = await write(caller, [create, ...parts.changes], at, { status: 201, version: 1, body: json(noun, record, embedded), location: `${apiPath}/${noun}/${id}` })
      if (outcome.written) return outcome.written
      throw await explained(caller, outcome.refusal, fields)
    },

    /** JSON Merge Patch; `customFields` are merged by name. A patch that changes nothing leaves the version as it is. */
    update: (caller: Caller, id: string, patch: Fields): Promise<Written> =>
      service.amend(caller, id, (current, at) => (of.amend ? of.amend(caller, current, patch, at) : Promise.resolve(patch))),

    /** A change that is planned from the record as it is, again and again until it meets it unmoved. */
    async amend(caller: Caller, id: string, plan: (current: Fields, at: string) => Promise<Fields>): Promise<Written> {
      return settle(caller, id, async (current, version) => {
        if (current.archivedAt !== null) throw new Archived(noun, id)
        const at = instant(clock())
        const changed = differences(current, await plan(current, at))
        if (Object.keys(changed.set).length === 0) return null
        await refuseForeign(caller, changed.set, { ...current, ...changed.set })
        return { change: { verb: 'update', noun, id, expect: version, ...changed }, at, after: { ...current, ...changed.set, updatedAt: at } }
      })
    },

    async archive(caller: Caller, id: string): Promise<Written> {
      return settle(caller, id, async (current, version) => {
        if (current.archivedAt !== null) return null
        await of.beforeArchive?.(caller, current)
        const at = instant(clock())
        return { change: { verb: 'archive', noun, id, expect: version, before: {}, set: {} }, at, after: { ...current, archivedAt: at, updatedAt: at } }
      })
    },

    async restore(caller: Caller, id: string): Promise<Written> {
      return settle(caller, id, async (current, version) => {
        if (current.archivedAt === null) return null
        const at = instant(clock())
        return { change: { verb: 'restore', noun, id, expect: version, before: {}, set: {} }, at, after: { ...current, archivedAt: null, updatedAt: at } }
      })
    },
  }
  return service

  interface Plan { change: Change; at: string; after: Fields }

  async function settle(caller: Caller, id: string, plan: (current: Fields, version: number) => Promise<Plan | null>): Promise<Written> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const found = await retrieve(caller, id)
      if (caller.ifMatch !== null && caller.ifMatch !== found.version) throw new Stale(noun, id, found.version)
      const current = JSON.parse(found.json) as Fields
      const planned = await plan(current, found.version)
      if (!planned) return unchanged(caller, found.json, found.version)
      const version = found.version + 1
      const embedded = of.embed ? await of.embed(caller, id, null) : {}
      const outcome = await write(caller, [planned.change], planned.at, { status: 200, version, body: json(noun, { ...planned.after, version }, embedded) })
      if (outcome.written) return outcome.written
      if (outcome.refusal.reason !== 'moved') throw await explained(caller, outcome.refusal, planned.after)
    }
    throw new Conflict('conflict', `The ${noun} ${id} is being changed by many at once; repeat the request in a moment.`)
  }

  async function write(caller: Caller, changes: Change[], at: string, { status, version, body, location }: { status: number; version: number; body: string; location?: string }) {
    const id = newId('changesets')
    const headers = { etag: `"${version}"`, 'flowstate-change-set': id, ...(location ? { location } : {}) }
    const set: PlannedSet = {
      id, workspaceId: caller.workspaceId, actor: caller.actor, source: { kind: 'request', id: caller.requestId }, at, changes,
      ...(caller.once ? { once: { ...caller.once, answer: { status, headers, body: [body] } } } : {}),
    }
    return writtenBy(await ledger.commit(set), { status, headers, body })
  }

  /** Nothing to change: no version, no change set; but the answer is kept, so that a repetition cannot do later what was not asked. */
  async function unchanged(caller: Caller, body: string, version: number): Promise<Written> {
    const answer = { status: 200, headers: { etag: `"${version}"` }, body }
    if (!caller.once) return answer
    const outcome = writtenBy(await ledger.run({ workspaceId: caller.workspaceId, statements: [], once: { ...caller.once, answer: { ...answer, body: [body] } } }), answer)
    if (outcome.written) return outcome.written
    throw refused(outcome.refusal)
  }

  /** A limited caller may neither point to what it cannot see, nor let a record out of its sight. */
  async function refuseForeign(caller: Caller, set: Fields, after: Fields): Promise<void> {
    if (!caller.records) return
    const missing = await unseen(caller, set)
    if (missing.length > 0) throw notFoundAt(missing)
    if (!belongs(caller, noun, after)) throw new Forbidden('A token that is limited to some records may only write what belongs to them; name one of its customers.')
  }

  async function unseen(caller: Caller, fields: Fields): Promise<string[]> {
    const missing: string[] = []
    for (const [field, target] of Object.entries(of.references)) {
      const id = fields[field]
      if (typeof id === 'string' && !(await scoped.find(caller, target, id))) missing.push(field)
    }
    return missing
  }

  /** PostgreSQL names the key that was taken, not its holder. */
  async function holderOf(caller: Caller, field: string, fields: Fields): Promise<string | undefined> {
    const { items } = await scoped.list(caller, noun, { [field]: String(fields[field]), limit: 1 })
    return items[0] === undefined ? undefined : (JSON.parse(items[0]) as { id: string }).id
  }

  async function explained(caller: Caller, refusal: Refusal, fields: Fields): Promise<Error> {
    if (refusal.reason === 'reference') return notFoundAt(await unseen(caller, fields))
    if (refusal.reason !== 'unique') return refused(refusal)
    const holder = caller.records ? 'another record' : refusal.id || (await holderOf(caller, refusal.field, fields)) || 'another record'
    return new Conflict('unique_taken', `${refusal.field} is held by ${holder}; change that one, or choose another value.`, [{ pointer: `/${refusal.field}`, code: 'unique_taken', detail: `is held by ${holder}` }])
  }
}
export type RecordService = ReturnType<typeof createRecordService>

export const writtenBy = (outcome: Outcome, answer: StoredAnswer): { written: Written } | { written: null; refusal: Refusal } => {
  if (outcome.state === 'committed') return { written: answer }
  if (outcome.state === 'replayed') return { written: { ...outcome.answer, replayed: true } }
  return { written: null, refusal: outcome.refusal }
}

const notFoundAt = (fields: string[]): Invalid => new Invalid(fields.map((field) => ({ pointer: `/${field}`, code: 'not_found', detail: 'names a record that does not exist here' })))

/** Without a customer or company of its own a record belongs to none of the caller's. */
const belongs = ({ records }: Caller, noun: LedgeredNoun, fields: Fields): boolean => {
  if (!records || noun === 'pipelines' || noun === 'stages') return records === null
  const inList = (list: readonly string[] | undefined, id: unknown) => typeof id === 'string' && (list ?? []).includes(id)
  if (noun === 'companies') return inList(records.companies, fields.id)
  if (noun === 'customers') return inList(records.customers, fields.id) || inList(records.companies, fields.companyId)
  // References were found visible before: a customer that is named is one of the caller's.
  return typeof fields.customerId === 'string' || inList(records.companies, fields.companyId) || (noun === 'interactions' && typeof fields.dealId === 'string')
}

/** What a patch really changes, with the values it replaces. */
const differences = (current: Fields, patch: Fields): { before: Fields; set: Fields } => {
  const before: Fields = {}
  const set: Fields = {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue
    const next = name === 'customFields' ? mergeCustom(current[name], value) : value
    if (JSON.stringify(next) === JSON.stringify(current[name] ?? null)) continue
    before[name] = current[name] ?? null
    set[name] = next
  }
  return { before, set }
}

const mergeCustom = (current: unknown, patch: unknown): Fields =>
  Object.fromEntries(Object.entries({ ...(current as Fields), ...(patch as Fields) }).filter(([, value]) => value !== null))
