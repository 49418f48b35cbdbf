import type { ActorRef, Change as FeedChange, ChangeSet, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { Scoped } from '../db/scoped.ts'
import { AppError, Conflict, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import { writtenBy, type Written } from '../records/record.service.ts'
import { visibleOf } from './changes.service.ts'
import type { ChangeSetsStore } from './changesets.store.ts'
import { diffOf } from './diff.ts'
import type { Change, Fields, Ledger, PlannedSet } from './ledger.ts'
import { planRevert, type RevertConflict, type RevertedRecord } from './revert.ts'
import { refused } from './settled.ts'

interface ChangeSetsDeps { store: ChangeSetsStore; scoped: Scoped; ledger: Ledger; clock: Clock }

const SHOWN_CHANGES = 200
const PART = 500
const SHOWN_CONFLICTS = 100
const PROVENANCE_DEPTH = 1_000

/** Change sets as such: reading them, and undoing them. */
export const createChangeSetsService = ({ store, scoped, ledger, clock }: ChangeSetsDeps) => {
  type SetRow = NonNullable<Awaited<ReturnType<ChangeSetsStore['find']>>>

  const find = async (caller: Caller, id: string): Promise<SetRow> => {
    const row = await store.find(caller.workspaceId, id)
    if (!row) throw new NotFound('changesets', id)
    return row
  }

  const service = {
    async retrieve(caller: Caller, id: string): Promise<ChangeSet> {
      const row = await find(caller, id)
      const changes = await visibleOf(scoped, caller, await store.changesOf(caller.workspaceId, row, 0, SHOWN_CHANGES))
      // To a limited caller a set that touched nothing of its own does not exist, and how much else it touched is not told.
      if (caller.records && changes.length === 0) throw new NotFound('changesets', id)
      return {
        id, state: row.state as ChangeSet['state'], actor: row.actor as ActorRef, source: { kind: row.sourceKind as ChangeSet['source']['kind'], id: row.sourceId },
        changeCount: caller.records ? changes.length : row.changeCount,
        seq: row.seqFrom === null || row.seqTo === null || caller.records ? null : { from: row.seqFrom, to: row.seqTo },
        changes: changes.map(shown), reverts: row.reverts, revertedBy: row.revertedBy, createdAt: row.createdAt, appliedAt: row.appliedAt,
      }
    },

    /** Who or what set each field of a record, newest first. Answers JSON. */
    async history(caller: Caller, noun: LedgeredNoun, id: string, { limit = 50, cursor }: { limit?: number | undefined; cursor?: string | undefined }): Promise<string> {
      const before = cursor === undefined ? null : Number(Buffer.from(cursor, 'base64url').toString())
      if (before !== null && !Number.isSafeInteger(before)) throw new AppError('validation_failed', '?cursor is not one that this list gave', { errors: [{ pointer: '?cursor', code: 'invalid_cursor', detail: 'is not one that this list gave' }] })
      const items = await store.historyOf(caller.workspaceId, noun, id, before, limit + 1)
      const deep = await store.historyOf(caller.workspaceId, noun, id, null, PROVENANCE_DEPTH)
      const fields: Record<string, object> = {}
      for (const { fields: names, seq, changeSetId, actor, at } of deep) {
        for (const name of Object.keys(names)) fields[name] ??= { seq, changeSetId, actor, at }
      }
      const page = items.slice(0, limit)
      return JSON.stringify({ items: page, nextCursor: items.length > limit ? Buffer.from(String(page.at(-1)?.seq)).toString('base64url') : null, fields })
    },

    /** Undoes a change set as a whole, or refuses and names what changed since. A large one goes in parts and can be resumed. */
    async revert(caller: Caller, id: string): Promise<Written> {
      requireWholeWorkspace(caller)
      const set = await find(caller, id)
      if (set.state === 'applying') throw new Conflict('invalid_state', 'This change set is still being applied; undo it when it is done.')
      if (set.state === 'reverted') throw new Conflict('already_reverted', `This change set was undone already, by ${set.revertedBy}. To do it again, undo that one.`)
      if (set.state !== 'applied' && set.state !== 'reverting') throw new Conflict('invalid_state', `A change set that is ${set.state} has nothing to undo.`)
      const resumed = set.state === 'reverting' ? set.revertedBy : null
      const reverterId = resumed ?? newId('changesets')
      const changes = await planWhole(caller, set, reverterId)
      return commitParts(caller, set, reverterId, changes, resumed !== null)
    },
  }
  return service

  async function planWhole(caller: Caller, set: SetRow, reverterId: string): Promise<Change[]> {
    const records = await recordsOf(caller, set, reverterId)
    const stageIds = new Set<string>()
    const pipelineIds = new Set<string>()
    for (const { changes } of records) {
      for (const { fields } of changes) {
        if (typeof fields.stageId?.from === 'string') stageIds.add(fields.stageId.from)
        if (typeof fields.pipelineId?.from === 'string') pipelineIds.add(fields.pipelineId.from)
      }
    }
    const standing = { stages: await scoped.findMany(caller, 'stages', [...stageIds]), pipelines: await scoped.findMany(caller, 'pipelines', [...pipelineIds]) }
    const isLive = (noun: LedgeredNoun, id: string) => standing[noun as 'stages' | 'pipelines'].get(id)?.archivedAt === null
    const { changes, conflicts } = planRevert(records, isLive)
    if (conflicts.length > 0) throw changedSince(conflicts)
    return changes
  }

  /** Every record of the set, the last changed first: so that what points to others goes before them. */
  async function recordsOf(caller: Caller, set: SetRow, reverterId: string): Promise<RevertedRecord[]> {
    const { workspaceId } = caller
    const byRecord = new Map<string, { noun: LedgeredNoun; id: string; changes: FeedChange[] }>()
    for (let after = 0; ;) {
      const part = await store.changesOf(workspaceId, set, after, PART)
      for (const change of part) {
        const known = byRecord.get(change.id)
        if (known) known.changes.push(change)
        else byRecord.set(change.id, { noun: change.noun, id: change.id, changes: [change] })
      }
      after = part.at(-1)?.seq ?? after
      if (part.length < PART) break
    }
    const records: RevertedRecord[] = []
    const all = [...byRecord.values()].reverse()
    for (let start = 0; start < all.length; start += PART) {
      const part = all.slice(start, start + PART)
      const later = await store.laterChanges(workspaceId, part.map(({ id }) => id), set.seqFrom ?? 0, [set.id, reverterId])
      for (const noun of new Set(part.map((record) => record.noun))) {
        const ids = part.filter((record) => record.noun === noun).map(({ id }) => id)
        const current = await scoped.findMany(caller, noun, ids)
        const pointers = (await store.pointersTo(workspaceId, noun, ids)).filter(({ by }) => !byRecord.has(by))
        for (const { id, changes } of part.filter((record) => record.noun === noun)) {
          const found = current.get(id)
          records.push({
            noun, id, changes, later: later.filter((change) => change.id === id), pointedAtBy: pointers.find(({ target }) => target === id)?.by ?? null,
            current: found ? { version: found.version, archivedAt: found.archivedAt, fields: JSON.parse(found.json) as Fields } : null,
          })
        }
      }
    }
    return records
  }

  async function commitParts(caller: Caller, set: SetRow, id: string, changes: Change[], resumed: boolean): Promise<Written> {
    const at = instant(clock())
    const parts = Array.from({ length: Math.max(1, Math.ceil(changes.length / PART)) }, (_, index) => changes.slice(index * PART, (index + 1) * PART))
    for (const [index, part] of parts.entries()) {
      const last = index === parts.length - 1
      const planned: PlannedSet = {
        id, workspaceId: caller.workspaceId, actor: caller.actor, source: { kind: 'revert', id: set.id }, at, changes: part, reverts: set.id, part: { first: index === 0 && !resumed, last },
      }
      if (!last) {
        const outcome = await ledger.commit(planned)
        if (outcome.state === 'refused') throw explained(outcome.refusal)
        continue
      }
      const head = { id, state: 'applied', actor: caller.actor, source: planned.source, changeCount: changes.length }
      const tail = { changes: changes.slice(0, SHOWN_CHANGES).map((change) => ({ noun: change.noun, id: change.id, op: change.verb, version: change.verb === 'create' ? 1 : change.expect + 1, fields: diffOf(change) })), reverts: set.id, revertedBy: null, createdAt: at, appliedAt: at }
      const headers = { 'flowstate-change-set': id }
      const [prefix, suffix] = [`${JSON.stringify(head).slice(0, -1)},"seq":`, `,${JSON.stringify(tail).slice(1)}`]
      const outcome = await ledger.commit({
        ...planned, also: [store.seqStatement(caller.workspaceId, id)],
        ...(caller.once ? { once: { ...caller.once, answer: { status: 200, headers, body: [prefix, { statement: 0 }, suffix] } } } : {}),
      })
      const seq = outcome.state === 'committed' ? String(outcome.rows[0]?.[0]?.json ?? 'null') : ''
      const settled = writtenBy(outcome, { status: 200, headers, body: `${prefix}${seq}${suffix}` })
      if (settled.written) return settled.written
      throw explained(settled.refusal)
    }
    throw new Error('a change set has at least one part')
  }
}
export type ChangeSetsService = ReturnType<typeof createChangeSetsService>

const shown = ({ noun, id, op, version, fields }: FeedChange) => ({ noun, id, op, version, fields })

const changedSince = (conflicts: RevertConflict[]): Conflict => {
  const errors = conflicts.slice(0, SHOWN_CONFLICTS).map(({ noun, id, field, changedBy, detail }) => ({
    pointer: `/${noun}/${id}${field === null ? '' : `/${field}`}`, code: 'changed_since', detail: changedBy === null ? detail : `${detail}, by ${changedBy}`,
  }))
  return new Conflict('changed_since', `Nothing was undone: ${conflicts.length} ${conflicts.length === 1 ? 'thing has' : 'things have'} changed since. They are listed in errors.`, errors)
}

const explained = (refusal: Parameters<typeof refused>[0]): Error => {
  if (refusal.reason === 'unique') return new Conflict('unique_taken', `Undoing needs the ${refusal.field} that ${refusal.id || 'another record'} holds now; change that one first.`, [{ pointer: `/${refusal.noun}/${refusal.id}/${refusal.field}`, code: 'unique_taken', detail: 'is held by this record now' }])
  if (refusal.reason === 'expectation') return new Conflict('already_reverted', 'This change set was undone by someone else just now.')
  return refused(refusal)
}
