import type { Change as FeedChange, FieldDiff, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { customKeyOf, putBack, same, tagOf, valueAt } from './field-values.ts'
import type { Change, Fields } from './ledger.ts'
import { UNIQUE_KEYS } from './order.ts'

/** A record of the change set to be undone, with all that has to be known of it. */
export interface RevertedRecord {
  noun: LedgeredNoun
  id: string
  /** What the set did to it, in the order of the feed. */
  changes: Pick<FeedChange, 'op' | 'fields'>[]
  /** As it is now; null when it is gone. */
  current: { version: number; archivedAt: string | null; fields: Fields } | null
  /** What others did to it since, in the order of the feed; without what has been undone meanwhile. */
  later: Pick<FeedChange, 'op' | 'fields' | 'changeSetId'>[]
  /** A live record outside the set that points to it. */
  pointedAtBy: string | null
}

/** What has to be known of the rest: what values would go back to. */
export interface RevertWorld {
  /** Whether a stage, pipeline, member or tag is there, and not archived. */
  isLive(noun: 'stages' | 'pipelines' | 'members' | 'tags', id: string): boolean
  /** Whether deals in a stage are open, won or lost. */
  stageKind(id: string): string | null
  /** The live record that holds a unique key now; null: it is free, or will be when this undoing is done. */
  holder(noun: LedgeredNoun, field: string, value: string): string | null
  /** Why a value does not fit a custom field as it is defined now; null when it fits. */
  misfit(noun: LedgeredNoun, key: string, value: unknown): string | null
}

/** Why a record, or one field of it, cannot be put back. */
export interface RevertConflict { noun: LedgeredNoun; id: string; field: string | null; code: 'changed_since' | 'unique_taken' | 'erased'; changedBy: string | null; detail: string }
export interface RevertPlan { changes: Change[]; conflicts: RevertConflict[] }

/** In the place of a value of an erased person, in the ledger as in the answer. */
export const isErased = (value: unknown): boolean => typeof value === 'object' && value !== null && 'erased' in value && value.erased === true

/** What a deal's place is made of: it goes back as a whole or not at all. */
const PLACE: readonly string[] = ['stageId', 'pipelineId', 'status', 'closedAt', 'stageEnteredAt', 'position']
/** Of these a change alone claims nothing. */
const UNCLAIMED: readonly string[] = ['position', 'stageEnteredAt']

type Current = NonNullable<RevertedRecord['current']>
type Complain = (detail: string, more?: { field?: string; changedBy?: string; code?: RevertConflict['code'] }) => void

/**
 * Undoes a change set, purely: one net change a record. A field is put back when the set was the last to name it; a created
 * record is archived, an archived one restored. What others changed since is a conflict, named; what is as it was is skipped.
 */
export const planRevert = (records: readonly RevertedRecord[], world: RevertWorld): RevertPlan => {
  const plan: RevertPlan = { changes: [], conflicts: [] }
  for (const record of records) {
    const { noun, id, current } = record
    const complain: Complain = (detail, { field, changedBy, code = 'changed_since' } = {}) => { plan.conflicts.push({ noun, id, field: field ?? null, code, changedBy: changedBy ?? null, detail }) }
    const change = !current ? complain('is gone') : record.changes[0]?.op === 'create' ? revertedCreation(record, current, complain) : revertedChanges(record, current, complain, world)
    if (change) plan.changes.push(change)
  }
  return plan
}

const revertedCreation = ({ noun, id, changes, later, pointedAtBy }: RevertedRecord, current: Current, complain: Complain): Change | void => {
  if (current.archivedAt !== null) return
  const [first] = later
  const erased = changes.some(({ fields }) => Object.values(fields).some(({ to }) => isErased(to)))
  if (first) return complain('was changed since it was created', { changedBy: first.changeSetId, ...(erased ? { code: 'erased' } : {}) })
  if (pointedAtBy !== null) return complain(`is in use by ${pointedAtBy}`)
  return { verb: 'archive', noun, id, expect: current.version, before: {}, set: {} }
}

const revertedChanges = (record: RevertedRecord, current: Current, complain: Complain, world: RevertWorld): Change | void => {
  const { noun, id, later, pointedAtBy } = record
  const { before, set } = fieldsBack(record, current, complain, world)
  const lifts = record.changes.map(({ op }) => op).filter((op) => op === 'archive' || op === 'restore')
  const [lifted] = lifts
  const once = lifted !== undefined && lifts.at(-1) === lifted ? lifted : null
  const liftedLater = later.find(({ op }) => op === 'archive' || op === 'restore')
  const change = (verb: 'update' | 'archive' | 'restore'): Change => ({ verb, noun, id, expect: current.version, before, set })

  if (once === 'archive' && current.archivedAt !== null) {
    if (liftedLater) return complain('was archived or restored since', { changedBy: liftedLater.changeSetId })
    const after = { ...current.fields, ...set }
    if (noun === 'deals' && !(world.isLive('stages', String(after.stageId)) && world.isLive('pipelines', String(after.pipelineId)))) return complain('stood in what is archived now')
    const taken = Object.keys(UNIQUE_KEYS[noun] ?? {}).filter((field) => complainIfTaken(record, field, after[field], complain, world))
    return taken.length > 0 ? undefined : change('restore')
  }
  // A merge re-points what was archived before it, too.
  if (current.archivedAt !== null && Object.keys(set).length > 0 && liftedLater) return complain('is archived now', { changedBy: liftedLater.changeSetId })
  if (once === 'restore' && current.archivedAt === null) {
    if (liftedLater) return complain('was archived or restored since', { changedBy: liftedLater.changeSetId })
    if ((noun === 'stages' || noun === 'pipelines') && pointedAtBy !== null) return complain(`is in use by ${pointedAtBy}`)
    return change('archive')
  }
  if (Object.keys(set).length > 0) return change('update')
}

/** The fields that can go back; of the others it is said why not. */
const fieldsBack = (record: RevertedRecord, current: Current, complain: Complain, world: RevertWorld): { before: Fields; set: Fields } => {
  const [before, set]: [Fields, Fields] = [{}, {}]
  const net = netDiff(record.changes)
  const moves = record.noun === 'deals' && net.stageId !== undefined && !same(current.fields.stageId, net.stageId.from)
  const stays = moves && !placeBack(record, net, current, complain, world)
  for (const [name, { from }] of Object.entries(net)) {
    if (same(valueAt(current.fields, name), from)) continue
    if (moves && PLACE.includes(name)) {
      if (!stays) putBack(current.fields, before, set, name, from)
      continue
    }
    const changedBy = lastToName(record, name)
    // A place in a column is nobody's claim: where others moved the card since, it stays.
    if (changedBy !== null && UNCLAIMED.includes(name)) continue
    if (isErased(from)) complain('belonged to a person who was erased', { field: name, code: 'erased' })
    else if (changedBy !== null) complain('was changed since', { field: name, changedBy })
    else if (fits(record, current, name, from, complain, world)) putBack(current.fields, before, set, name, from)
  }
  return { before, set }
}

/** Whether a deal can go back to the stage that it came from; says why where it cannot. */
const placeBack = (record: RevertedRecord, net: Record<string, FieldDiff>, { fields }: Current, complain: Complain, world: RevertWorld): boolean => {
  const claimed = PLACE.filter((name) => net[name] !== undefined && !UNCLAIMED.includes(name) && lastToName(record, name) !== null)
  for (const field of claimed) complain('was changed since', { field, changedBy: lastToName(record, field) ?? '' })
  if (claimed.length > 0) return false
  const stageId = String(net.stageId?.from)
  const pipelineId = String((net.pipelineId ?? { from: fields.pipelineId }).from)
  if (!world.isLive('stages', stageId) || !world.isLive('pipelines', pipelineId)) {
    complain('stood in what is archived now', { field: 'stageId' })
    return false
  }
  const status = net.status ? net.status.from : fields.status
  if (world.stageKind(stageId) === status) return true
  complain(`stood in a stage that is ${String(world.stageKind(stageId))} now`, { field: 'stageId' })
  return false
}

/** Whether what a field goes back to is still there to go back to. */
const fits = (record: RevertedRecord, current: Current, name: string, from: unknown, complain: Complain, world: RevertWorld): boolean => {
  const [custom, tag] = [customKeyOf(name), tagOf(name)]
  const say = (detail: string): boolean => {
    complain(detail, { field: name })
    return false
  }
  if (name === 'ownerId' && typeof from === 'string' && !world.isLive('members', from)) return say('belonged to a member who is gone')
  if (tag !== null && from === true && !world.isLive('tags', tag)) return say('was a tag that is archived now')
  const misfit = custom === null ? null : world.misfit(record.noun, custom, from ?? null)
  if (misfit !== null) return say(misfit)
  return current.archivedAt !== null || !complainIfTaken(record, name, from, complain, world)
}

const complainIfTaken = ({ noun, id }: RevertedRecord, field: string, value: unknown, complain: Complain, world: RevertWorld): boolean => {
  if (typeof value !== 'string' || UNIQUE_KEYS[noun]?.[field] === undefined) return false
  const holder = world.holder(noun, field, value)
  if (holder === null || holder === id) return false
  complain(`is held by ${holder} now`, { field, code: 'unique_taken' })
  return true
}

const lastToName = ({ later }: RevertedRecord, name: string): string | null => later.findLast(({ fields }) => Object.hasOwn(fields, name))?.changeSetId ?? null

/** Several changes of one record as one: the first value before, the last after. */
const netDiff = (changes: Pick<FeedChange, 'fields'>[]): Record<string, FieldDiff> => {
  const net: Record<string, FieldDiff> = {}
  for (const { fields } of changes) {
    for (const [name, { from, to }] of Object.entries(fields)) net[name] = { from: net[name] ? net[name].from : (from ?? null), to }
  }
  return net
}
