import { CompanyPatch, CustomerPatch, type DuplicateNoun, type MergeRequest } from '@flowstate-ai/sdk/contract'
import { instant } from '../clock.ts'
import { Archived, Conflict, Invalid, NotFound, Stale } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { validateBody } from '../http/validate.ts'
import type { Fields, Refusal, Statement } from '../ledger/ledger.ts'
import { POINTED_AT, type PointersStore } from '../ledger/pointers.store.ts'
import { refused } from '../ledger/settled.ts'
import type { Written } from '../ledger/writes.ts'
import { takenAt } from '../records/checks.ts'
import { domainKey } from '../records/match-keys.ts'
import type { RecordDeps } from '../records/record.service.ts'
import { isChoosable, type MergeChoices, type MergePlan, type MergeSide, planMerge } from './merge.plan.ts'

const MOST_TRIES = 20
/** A merge is one transaction; one of more changes would hold others up for seconds. */
const MOST_CHANGES = 20_000
const KEYS: Record<DuplicateNoun, readonly string[]> = { customers: ['email', 'externalId'], companies: ['domain', 'externalId'] }
const CUSTOM = 'customFields.'

/**
 * `POST /{noun}/merge`: a plan like any other, so that it can be rehearsed (the preview), proposed and undone. What moved while it was
 * planned, or was added to a record that goes, makes it planned anew.
 */
export const createMergeService = ({ scoped, writes, checks, clock, json, pointers }: RecordDeps & { pointers: PointersStore }) => {
  const sideOf = async (caller: Caller, noun: DuplicateNoun, id: string): Promise<MergeSide> => {
    const found = await scoped.find(caller, noun, id)
    if (!found) throw new NotFound(noun, id)
    if (found.archivedAt !== null) throw new Archived(noun, id)
    return { id, version: found.version, fields: JSON.parse(found.json) as Fields }
  }

  const planned = async (caller: Caller, noun: DuplicateNoun, { keepId, mergeIds, fields = {} }: MergeRequest): Promise<MergePlan & { keep: MergeSide }> => {
    const keep = await sideOf(caller, noun, keepId)
    if (caller.ifMatch !== null && caller.ifMatch !== keep.version) throw new Stale(noun, keepId, keep.version)
    const others: MergeSide[] = []
    for (const id of mergeIds) others.push(await sideOf(caller, noun, id))
    const choices = checkedChoices(noun, keep, mergeIds, fields)
    const pointing = await pointers.pointingTo(caller.workspaceId, noun, mergeIds, MOST_CHANGES + 1)
    const plan = planMerge({ noun, keep, others, pointing, choices })
    if (plan.changes.length > MOST_CHANGES) throw new Conflict('invalid_state', `This merge would change more than ${MOST_CHANGES} records at once. Keep the record that most others point to, and merge fewer at a time.`)
    await checks.fields(caller, noun, plan.set, plan.before, new Map())
    for (const field of KEYS[noun]) {
      const value = plan.set[field]
      const holder = typeof value === 'string' ? await checks.holder(caller, noun, field, value) : null
      if (holder !== null && holder !== keepId && !mergeIds.includes(holder)) throw takenAt(field, holder)
    }
    return { ...plan, keep }
  }

  return {
    /** `sourceId` names the pair that it comes from; default: the record that stays. */
    async merge(caller: Caller, noun: DuplicateNoun, request: MergeRequest, { sourceId = request.keepId, withProposal }: { sourceId?: string; withProposal?: (changeSetId: string) => Statement[] } = {}): Promise<Written> {
      requireWholeWorkspace(caller)
      const { keepId, mergeIds } = request
      if (mergeIds.includes(keepId)) throw new Invalid([{ pointer: '/mergeIds', code: 'not_allowed', detail: 'names the record that is to stay' }])
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const { changes, after, set, keep } = await planned(caller, noun, request)
        const at = instant(clock())
        const version = keep.version + 1
        const outcome = await writes.write(caller, {
          changes, at, source: { kind: 'merge', id: sourceId }, ...(withProposal ? { withProposal } : {}), also: pointers.nonePointingTo(caller.workspaceId, noun, mergeIds),
          answer: { status: 200, headers: { etag: `"${version}"` }, body: json(noun, { ...after, updatedAt: at, version }) },
        })
        if (outcome.written) return outcome.written
        if (!isStale(outcome.refusal)) throw await explained(caller, noun, outcome.refusal, set)
      }
      throw new Conflict('conflict', `The ${noun} of this merge are being changed by many at once; repeat the request in a moment.`)
    },
  }

  async function explained(caller: Caller, noun: DuplicateNoun, refusal: Refusal, set: Fields): Promise<Error> {
    if (refusal.reason !== 'unique') return refused(refusal)
    // PostgreSQL names the key that was taken, not its holder.
    return takenAt(refusal.field, refusal.id || (await checks.holder(caller, noun, refusal.field, String(set[refusal.field]))) || 'another record')
  }
}
export type MergeService = ReturnType<typeof createMergeService>

const isStale = (refusal: Refusal): boolean => refusal.reason === 'moved' || refusal.reason === 'reference' || (refusal.reason === 'expectation' && refusal.otherwise === POINTED_AT)

/** The choices with their values held to the noun's own schema. */
const checkedChoices = (noun: DuplicateNoun, keep: MergeSide, mergeIds: readonly string[], fields: NonNullable<MergeRequest['fields']>): MergeChoices => {
  const choices: MergeChoices = {}
  for (const [name, choice] of Object.entries(fields)) {
    const refuse = (code: string, detail: string) => new Invalid([{ pointer: `/fields/${name}`, code, detail }])
    if (!isChoosable(keep.fields, name)) throw refuse('unrecognized_keys', 'is no field that a merge decides')
    if (typeof choice === 'string') {
      if (choice !== keep.id && !mergeIds.includes(choice)) throw refuse('invalid_value', 'must be the id of one of the records, or { "value": … }')
      choices[name] = choice
    } else choices[name] = { value: checkedValue(noun, name, choice.value) }
  }
  return choices
}

const checkedValue = (noun: DuplicateNoun, name: string, value: unknown): unknown => {
  const key = name.startsWith(CUSTOM) ? name.slice(CUSTOM.length) : null
  try {
    const patch = validateBody(noun === 'customers' ? CustomerPatch : CompanyPatch, key === null ? { [name]: value } : { customFields: { [key]: value } }) as Fields
    const checked = key === null ? patch[name] : (patch.customFields as Fields)[key]
    return noun === 'companies' && name === 'domain' && typeof checked === 'string' ? domainKey(checked) : checked
  } catch (error) {
    if (!(error instanceof Invalid)) throw error
    throw new Invalid((error.errors ?? []).map(({ code, detail }) => ({ pointer: `/fields/${name}/value`, code, detail })))
  }
}
