import type { FieldDiff, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { TableName } from '../db/schema.ts'
import type { Scoped } from '../db/scoped.ts'
import { AppError, Conflict, Invalid, NotFound } from '../errors.ts'
import { storageFaultOf } from '../storage-fault.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import { createBreath } from '../ledger/breath.ts'
import type { Change, Fields, Ledger, Statement } from '../ledger/ledger.ts'
import { same } from '../ledger/field-values.ts'
import { refused, settled } from '../ledger/settled.ts'
import { onceOf, settledAs, type Written } from '../ledger/writes.ts'
import type { AttachmentsService } from '../files/attachments.service.ts'
import type { ErasureFiles } from './erasure.files.ts'
import type { ErasureStore, Mentioning } from './erasure.store.ts'
import { erasedDiff, erasedFields, erasureOf, ERASED, identifiersIn, isRedacted } from './personal.ts'
import { createRedaction, needlesOf, type Redaction, type Subject } from './redact.ts'
import { ERASURE_TARGETS } from './targets.ts'

/** Follows the feed into tables of its own, and is brought up to date before a person is called erased. */
export interface ErasureFollower { catchUp(workspaceId: string, withinMs: number): Promise<unknown> }
interface ErasureDeps { store: ErasureStore; files: ErasureFiles; attachments: Pick<AttachmentsService, 'erase'>; scoped: Scoped; ledger: Ledger; followers: readonly ErasureFollower[]; clock: Clock }

const PART = 200
const MOST_TRIES = 20
const PATIENCE_MS = 10_000
/** What is the workspace's own business; where it names the person, in these fields, it does so no more. */
const MENTIONS: Record<Mentioning, readonly string[]> = {
  deals: ['title', 'description', 'wonReason', 'lostReason', 'customFields'], reminders: ['title', 'description', 'customFields'], interactions: ['participants'],
}
const MENTIONING = Object.entries(MENTIONS) as [Mentioning, readonly string[]][]

/**
 * Erasure of a person: for good, everywhere. What others keep about them goes first, then the rows, by a change set that everybody hears
 * of, then what the ledger remembers, then again what others wrote meanwhile. Interrupted, the same request finishes it.
 */
export const createErasureService = ({ store, files, attachments, scoped, ledger, followers, clock }: ErasureDeps) => {
  const readAll = async (caller: Caller, noun: LedgeredNoun, ids: readonly string[]) => {
    const found = new Map<string, { version: number; fields: Fields }>()
    for (const part of parts(ids)) for (const [id, { version, json }] of await scoped.findMany(caller, noun, part)) found.set(id, { version, fields: JSON.parse(json) as Fields })
    return found
  }

  const subjectOf = async (caller: Caller, id: string): Promise<Subject> => {
    const { workspaceId } = caller
    const people = await store.mergedInto(workspaceId, id)
    const identifiers = [...(await readAll(caller, 'customers', people)).values()].flatMap(({ fields }) => identifiersIn(fields))
    for (const { fields } of await store.changesOf(workspaceId, people)) for (const side of ['from', 'to'] as const) identifiers.push(...identifiersIn(Object.fromEntries(Object.entries(fields).map(([name, diff]) => [name, diff[side]]))))
    for (const { fields } of await store.snapshotsOf(workspaceId, people)) identifiers.push(...identifiersIn(fields))
    return { customers: new Set(people), interactions: new Set(await store.interactionsOf(workspaceId, people)), identifiers }
  }

  const write = async (workspaceId: string, statements: readonly Statement[]): Promise<void> => {
    for (const part of parts(statements)) settled(await ledger.run({ workspaceId, statements: [...part] }))
  }

  /** What is kept beside the records: answers, proposals, recommendations, tasks, files. */
  const scrubOthers = async (workspaceId: string, subject: Subject, redaction: Redaction): Promise<void> => {
    const needles = [...needlesOf(subject), ...subject.customers, ...subject.interactions]
    const breath = createBreath()
    for (const [name, target] of Object.entries(ERASURE_TARGETS)) {
      if (!('scrub' in target)) continue
      for await (const { key, values } of store.speakingOf(workspaceId, name as TableName, target.scrub, needles)) {
        await breath()
        const scrubbed = scrub(name, values, redaction)
        if (!same(scrubbed, values)) await write(workspaceId, [store.rewrite(workspaceId, name as TableName, key, scrubbed)])
      }
    }
    await write(workspaceId, [store.forgetDuplicates(workspaceId, [...subject.customers])])
    for (const { id } of await store.imports(workspaceId)) {
      await files.scrubRejects(id, subject)
      await files.removeDiff(id, subject)
    }
  }

  const clearSources = async (workspaceId: string, subject: Subject): Promise<void> => {
    for (const { id, state } of await store.imports(workspaceId)) {
      if (!(await files.sourceSpeaks(id, subject))) continue
      if (!OVER.includes(state)) throw new Conflict('in_use', `The import ${id} is under way and would bring this person back; cancel it, or repeat the request when it is over.`)
      await files.removeSource(id)
    }
  }

  const planned = async (caller: Caller, subject: Subject, redaction: Redaction): Promise<Change[]> => {
    const changes: Change[] = []
    for (const noun of ['interactions', 'customers'] as const) {
      for (const [id, { version, fields }] of await readAll(caller, noun, [...subject[noun]])) {
        const erasure = erasureOf(noun, fields)
        if (Object.keys(erasure.set).length > 0) changes.push({ verb: 'update', noun, id, expect: version, ...erasure })
      }
    }
    for (const [noun, texts] of MENTIONING) {
      const ids = (await store.mentionsOf(caller.workspaceId, noun, [...subject.customers])).filter((id) => !subject.interactions.has(id))
      for (const [id, { version, fields }] of await readAll(caller, noun, ids)) {
        const set = Object.fromEntries(texts.flatMap((name) => (same(fields[name], redaction.json(fields[name])) ? [] : [[name, redaction.json(fields[name])]])))
        if (Object.keys(set).length > 0) changes.push({ verb: 'update', noun, id, expect: version, before: Object.fromEntries(Object.keys(set).map((name) => [name, name === 'customFields' ? redaction.json(fields[name]) : ERASED])), set })
      }
    }
    return changes
  }

  /** Files that only the person's interactions carry lose their content and their name. */
  const eraseFiles = async (caller: Caller, subject: Subject): Promise<void> => {
    const carried = [...(await readAll(caller, 'interactions', [...subject.interactions])).values()].flatMap(({ fields }) => (fields.attachments ?? []) as string[])
    const elsewhere = await store.carriedElsewhere(caller.workspaceId, [...new Set(carried)], subject.interactions)
    for (const id of new Set(carried)) if (!elsewhere.has(id)) await attachments.erase(caller.workspaceId, id)
  }

  /** The rows, in parts, planned anew where somebody writes at the same time. Answers the last part's changes, and whether one was opened. */
  const eraseRows = async (caller: Caller, id: string, changeSetId: string, subject: Subject, redaction: Redaction): Promise<void> => {
    let opened = false
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const changes = await planned(caller, subject, redaction)
      if (changes.length === 0 && tries === 0) return
      const [part, last] = [changes.slice(0, PART), changes.length <= PART]
      const outcome = await ledger.commit({ id: changeSetId, workspaceId: caller.workspaceId, actor: caller.actor, source: { kind: 'erase', id }, at: instant(clock()), changes: part, part: { first: !opened, last } })
      if (outcome.state === 'refused' && outcome.refusal.reason !== 'moved') throw refused(outcome.refusal)
      if (outcome.state === 'refused') continue
      opened = true
      if (last) return
      tries = 0
    }
    throw new Conflict('conflict', 'What belongs to this person is being written by many at once; repeat the request in a moment.')
  }

  const redactLedger = async (workspaceId: string, subject: Subject, redaction: Redaction): Promise<void> => {
    const mentions = (await Promise.all(MENTIONING.map(([noun]) => store.mentionsOf(workspaceId, noun, [...subject.customers])))).flat()
    for (const ids of parts([...new Set([...subject.customers, ...subject.interactions, ...mentions])])) {
      const diffs = (await store.changesOf(workspaceId, ids)).flatMap(({ seq, noun, id, fields }) => {
        const redacted = isRedacted(noun) && subject[noun].has(id) ? erasedDiff(noun, fields) : (redaction.json(fields) as Record<string, FieldDiff>)
        return same(redacted, fields) ? [] : [store.rewriteChange(workspaceId, seq, redacted)]
      })
      await write(workspaceId, diffs)
      const snapshots = (await store.snapshotsOf(workspaceId, ids)).flatMap(({ noun, id, fields }) => {
        const redacted = isRedacted(noun) && subject[noun].has(id) ? erasedFields(noun, fields) : (redaction.json(fields) as Fields)
        return same(redacted, fields) ? [] : [store.rewriteSnapshot(workspaceId, id, redacted)]
      })
      await write(workspaceId, snapshots)
    }
  }

  /** Erased it is by now; on a full disk the file cannot be cleaned of what was overwritten. */
  const forgotten = async (): Promise<void> => {
    try {
      await ledger.forget()
    } catch (error) {
      const fault = storageFaultOf(error)
      if (!fault) throw error
      throw new AppError(fault.full ? 'storage_full' : 'unavailable', 'The person is erased, but the database\'s file could not be cleaned of what was overwritten: the disk is full or the file is locked. Mend that and repeat the request without confirm.', { cause: error })
    }
  }

  return {
    async erase(caller: Caller, id: string, confirm: string | undefined): Promise<Written> {
      requireWholeWorkspace(caller)
      const { workspaceId } = caller
      const found = await scoped.find(caller, 'customers', id)
      if (!found) throw new NotFound('customers', id)
      const { name, email } = JSON.parse(found.json) as { name: string; email: string | null }
      if (confirm !== undefined && ![name, email].some((known) => known?.toLowerCase() === confirm.trim().toLowerCase())) throw new Invalid([{ pointer: '/confirm', code: 'invalid_value', detail: 'is neither the name nor the e-mail address of this customer; look again whom you are about to erase' }])
      const subject = await subjectOf(caller, id)
      const redaction = createRedaction(subject)
      await clearSources(workspaceId, subject)
      await eraseFiles(caller, subject)
      await scrubOthers(workspaceId, subject, redaction)
      const changeSetId = newId('changesets')
      await eraseRows(caller, id, changeSetId, subject, redaction)
      await redactLedger(workspaceId, subject, redaction)
      // What they write of the changes before is scrubbed with the rest.
      for (const follower of followers) await follower.catchUp(workspaceId, PATIENCE_MS)
      await scrubOthers(workspaceId, subject, redaction)
      await forgotten()
      const after = await scoped.find(caller, 'customers', id)
      const answer = { status: 200, headers: { etag: `"${after?.version ?? found.version}"`, 'flowstate-change-set': changeSetId }, body: after?.json ?? found.json }
      if (!caller.once) return answer
      return settledAs(await ledger.run({ workspaceId, statements: [], ...onceOf(caller, answer) }), answer).written ?? answer
    },
  }
}
export type ErasureService = ReturnType<typeof createErasureService>

const OVER: readonly string[] = ['succeeded', 'failed', 'cancelled', 'undone']

const parts = function* <Item>(items: readonly Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += PART) yield items.slice(start, start + PART)
}

/** Tables whose `body` is JSON in a text: answers, and what webhooks were told. */
const JSON_BODIES = ['idempotency', 'deliveries']

/** A row's columns without the person. */
const scrub = (table: string, values: Record<string, unknown>, redaction: Redaction): Record<string, unknown> => {
  if (table === 'imports') return redaction.json(withoutRows(values)) as Record<string, unknown>
  if (!JSON_BODIES.includes(table) || typeof values.body !== 'string') return redaction.json(values) as Record<string, unknown>
  const { body, ...rest } = values
  try { return { ...(redaction.json(rest) as object), body: JSON.stringify(redaction.json(JSON.parse(body))) } } catch { return { ...(redaction.json(rest) as object), body: redaction.text(body) } }
}

/** An import that speaks of the person shows no values of its rows any more: they stand apart by column, and nobody can say whose they are. */
const withoutRows = ({ detection, ...values }: Record<string, unknown>): Record<string, unknown> => {
  const { columns = [], ...rest } = (detection ?? {}) as { columns?: object[] }
  return { ...values, preview: [], rejects: [], detection: detection === null ? null : { ...rest, columns: columns.map((column) => ({ ...column, samples: [] })) } }
}
