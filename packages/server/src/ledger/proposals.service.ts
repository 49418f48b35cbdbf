import type { ChangeSet, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { Scoped } from '../db/scoped.ts'
import { Conflict, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { SHOWN_CHANGES, shownChange } from './change-set-json.ts'
import type { ChangeSetsService } from './changesets.service.ts'
import type { ChangeSetRow, ChangeSetsStore } from './changesets.store.ts'
import type { Change, Fields, Ledger } from './ledger.ts'
import { mergeOf, repointed } from './pointers.ts'
import { POINTED_AT, type PointersStore } from './pointers.store.ts'
import type { ProposalsStore } from './proposals.store.ts'
import { type CurrentRecord, rebase } from './rebase.ts'
import { refused } from './settled.ts'
import { onceOf, settledAs, type Written } from './writes.ts'

interface ProposalsDeps { store: ChangeSetsStore; proposals: ProposalsStore; pointers: PointersStore; changeSets: Pick<ChangeSetsService, 'retrieve'>; scoped: Scoped; ledger: Ledger; clock: Clock }

const MOST_CHANGES = 20_000
const READ_AT_ONCE = 500
const MOST_TRIES = 20

/** What waits for a decision: applied on the world as it is then, or rejected. */
export const createProposalsService = ({ store, proposals, pointers, changeSets, scoped, ledger, clock }: ProposalsDeps) => {
  const find = async (caller: Caller, id: string): Promise<ChangeSetRow> => {
    requireWholeWorkspace(caller)
    const row = await store.find(caller.workspaceId, id)
    if (!row) throw new NotFound('changesets', id)
    if (row.state !== 'proposed') throw new Conflict('invalid_state', `A change set that is ${row.state} can be neither applied nor rejected; that takes one that is proposed.`)
    return row
  }

  const readAll = async (caller: Caller, noun: LedgeredNoun, ids: string[]): Promise<Map<string, CurrentRecord>> => {
    const found = new Map<string, CurrentRecord>()
    for (let start = 0; start < ids.length; start += READ_AT_ONCE) {
      for (const [id, { version, archivedAt, json }] of await scoped.findMany(caller, noun, ids.slice(start, start + READ_AT_ONCE))) found.set(id, { version, archivedAt, fields: JSON.parse(json) as Fields })
    }
    return found
  }

  const rebased = async (caller: Caller, row: ChangeSetRow): Promise<Change[]> => {
    const proposed = await proposals.changesOf(caller.workspaceId, row.id, 0, MOST_CHANGES)
    const merge = mergeOf(proposed)
    // What points to a merged record is taken along as it is now, not as it was when the merge was proposed.
    const wanted = merge ? proposed.filter(({ noun }) => noun === merge.noun) : proposed
    const stages = { stages: new Set<string>(), pipelines: new Set<string>() }
    for (const { noun, set } of wanted) {
      if (noun !== 'deals') continue
      if (typeof set.stageId === 'string') stages.stages.add(set.stageId)
      if (typeof set.pipelineId === 'string') stages.pipelines.add(set.pipelineId)
    }
    const current = new Map<LedgeredNoun, Map<string, CurrentRecord>>()
    for (const noun of new Set(wanted.map((change) => change.noun))) current.set(noun, await readAll(caller, noun, wanted.filter((change) => change.noun === noun).map(({ id }) => id)))
    const standing = { stages: await readAll(caller, 'stages', [...stages.stages]), pipelines: await readAll(caller, 'pipelines', [...stages.pipelines]) }
    const created = new Set(wanted.flatMap(({ verb, id }) => (verb === 'create' ? [id] : [])))
    const { changes, conflicts } = rebase(wanted, (noun, id) => current.get(noun)?.get(id) ?? null, (noun, id) => created.has(id) || standing[noun as 'stages' | 'pipelines'].get(id)?.archivedAt === null)
    if (conflicts.length > 0) throw new Conflict('changed_since', `Nothing was applied: ${conflicts.length} ${conflicts.length === 1 ? 'thing has' : 'things have'} changed since this was proposed. They are listed in errors; propose it anew.`, conflicts.slice(0, 100))
    return merge ? [...changes, ...repointed(await pointers.pointingTo(caller.workspaceId, merge.noun, merge.mergedIds, MOST_CHANGES), merge.keepId)] : changes
  }

  return {
    async apply(caller: Caller, id: string): Promise<Written> {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const row = await find(caller, id)
        const at = instant(clock())
        const changes = await rebased(caller, row)
        const merge = mergeOf(changes)
        const shown: Partial<ChangeSet> = { ...(await changeSets.retrieve(caller, id)), state: 'applied', changeCount: changes.length, changes: changes.slice(0, SHOWN_CHANGES).map(shownChange), decidedBy: caller.actor, appliedAt: at }
        delete shown.seq
        const [prefix, headers] = [`${JSON.stringify(shown).slice(0, -1)},"seq":`, { 'flowstate-change-set': id }]
        const outcome = await ledger.commit({
          id, workspaceId: caller.workspaceId, actor: row.actor as ChangeSet['actor'], source: { kind: row.sourceKind as ChangeSet['source']['kind'], id: row.sourceId }, at, changes, decidedBy: caller.actor,
          ...(row.reverts === null ? {} : { reverts: row.reverts }), also: [store.seqStatement(caller.workspaceId, id), proposals.forget(caller.workspaceId, id), ...(merge ? pointers.nonePointingTo(caller.workspaceId, merge.noun, merge.mergedIds) : [])],
          ...onceOf(caller, { status: 200, headers, body: [prefix, { statement: 0 }, '}'] }),
        })
        const seq = outcome.state === 'committed' ? String(outcome.rows[0]?.[0]?.json ?? 'null') : ''
        const settled = settledAs(outcome, { status: 200, headers, body: `${prefix}${seq}}` })
        if (settled.written) return settled.written
        const { refusal } = settled
        if (refusal.reason === 'moved' || (refusal.reason === 'expectation' && refusal.otherwise === POINTED_AT)) continue
        if (refusal.reason === 'expectation') throw new Conflict('invalid_state', refusal.otherwise === 'already_reverted' ? 'What this would undo was undone already.' : 'Somebody else decided about this change set just now.')
        if (refusal.reason === 'unique') throw new Conflict('unique_taken', `Nothing was applied: the ${refusal.field} is held by ${refusal.id || 'another record'} now.`, [{ pointer: `/${refusal.noun}/${refusal.id}/${refusal.field}`, code: 'unique_taken', detail: 'is held by this record now' }])
        if (refusal.reason === 'reference') throw new Conflict('changed_since', 'Nothing was applied: something that it points to is gone.')
        throw refused(refusal)
      }
      throw new Conflict('conflict', 'What this would change is being changed by many at once; repeat the request in a moment.')
    },

    async reject(caller: Caller, id: string, reason: string | null): Promise<Written> {
      await find(caller, id)
      const shown = await changeSets.retrieve(caller, id)
      const answer = { status: 200, headers: {}, body: JSON.stringify({ ...shown, state: 'rejected', decidedBy: caller.actor, reason }) }
      const settled = settledAs(await ledger.run({ workspaceId: caller.workspaceId, statements: [proposals.reject(caller.workspaceId, id, caller.actor, reason)], ...onceOf(caller, answer) }), answer)
      if (settled.written) return settled.written
      if (settled.refusal.reason === 'expectation') throw new Conflict('invalid_state', 'Somebody else decided about this change set just now.')
      throw refused(settled.refusal)
    },
  }
}
export type ProposalsService = ReturnType<typeof createProposalsService>
