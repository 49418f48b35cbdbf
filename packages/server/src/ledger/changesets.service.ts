import type { ActorRef, Change as FeedChange, ChangeSet, ChangeSetState, FieldError, LedgeredNoun, PlannedChange, Provenance, Run, Source } from '@flowstate-ai/sdk/contract'
import type { Scoped } from '../db/scoped.ts'
import { Invalid, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { SHOWN_CHANGES, shownChange } from './change-set-json.ts'
import { visibleOf } from './changes.service.ts'
import type { ChangeSetRow, ChangeSetsStore, SourcedChange } from './changesets.store.ts'
import type { ProposalsStore } from './proposals.store.ts'
import type { UndoConflicts } from './undo.conflicts.ts'

interface ChangeSetsDeps { store: ChangeSetsStore; proposals: ProposalsStore; scoped: Scoped; conflicts: UndoConflicts }
export interface PageQuery { limit?: number | undefined; cursor?: string | undefined }

const PROVENANCE_DEPTH = 1_000
const DEFAULT_LIMIT = 50

/** Change sets, read: what they changed, or would change. */
export const createChangeSetsService = ({ store, proposals, scoped, conflicts }: ChangeSetsDeps) => {
  const find = async (caller: Caller, id: string): Promise<ChangeSetRow> => {
    const row = await store.find(caller.workspaceId, id)
    if (!row) throw new NotFound('changesets', id)
    return row
  }

  const isCompacted = async (caller: Caller, { seqFrom }: ChangeSetRow): Promise<boolean> => seqFrom !== null && seqFrom <= await store.trimmedSeq(caller.workspaceId)

  /** What a set changes, from a place on; a proposal's are counted, an applied set's stand in the feed. */
  const changesOf = async (caller: Caller, row: ChangeSetRow, after: number, limit: number): Promise<{ at: number; change: PlannedChange }[]> => {
    if (row.state === 'proposed') return (await proposals.changesOf(caller.workspaceId, row.id, after, limit)).map((change, index) => ({ at: after + index + 1, change: shownChange(change) }))
    if (await isCompacted(caller, row)) return []
    return (await store.changesOf(caller.workspaceId, row, after, limit)).map((change) => ({ at: change.seq, change: shown(change) }))
  }

  /** To a limited caller a set that touched nothing of its own does not exist, and how much else it touched is not told. */
  const visibleChanges = async (caller: Caller, row: ChangeSetRow, after: number, limit: number) => {
    const found = await changesOf(caller, row, after, limit)
    if (!caller.records) return found
    const seen = new Set((await visibleOf(scoped, caller, found.map(({ change }) => change))).map(({ id }) => id))
    return found.filter(({ change }) => seen.has(change.id))
  }

  const wire = async (caller: Caller, row: ChangeSetRow): Promise<ChangeSet | null> => {
    const changes = (await visibleChanges(caller, row, 0, SHOWN_CHANGES)).map(({ change }) => change)
    if (caller.records && changes.length === 0) return null
    return {
      id: row.id, state: row.state as ChangeSetState, actor: row.actor as ActorRef, source: { kind: row.sourceKind as Source['kind'], id: row.sourceId }, run: row.run as Run | null,
      changeCount: caller.records ? changes.length : row.changeCount,
      seq: row.seqFrom === null || row.seqTo === null || caller.records ? null : { from: row.seqFrom, to: row.seqTo },
      changes, reverts: row.reverts, revertedBy: row.revertedBy, decidedBy: row.decidedBy as ActorRef | null, reason: row.reason,
      skipped: caller.records ? [] : ((row.skipped as FieldError[] | null) ?? []), createdAt: row.createdAt, appliedAt: row.appliedAt, ...(await isCompacted(caller, row) ? { compacted: true as const } : {}),
    }
  }

  /** For each field the last change after a seq that named it. */
  const provenanceOf = async (caller: Caller, noun: LedgeredNoun, id: string, after: number): Promise<Record<string, Provenance>> => {
    const fields: Record<string, Provenance> = {}
    for (let before: number | null = null; ;) {
      const found: SourcedChange[] = await store.historyOf(caller.workspaceId, noun, [id], { before, after, limit: PROVENANCE_DEPTH })
      for (const { fields: names, seq, changeSetId, actor, at, source, run, decidedBy, reverts } of found) {
        for (const name of Object.keys(names)) fields[name] ??= { seq, changeSetId, actor, source, run, at, decidedBy, reverts }
      }
      if (found.length < PROVENANCE_DEPTH) return fields
      before = found.at(-1)?.seq ?? 0
    }
  }

  return {
    find,

    async retrieve(caller: Caller, id: string): Promise<ChangeSet> {
      const found = await wire(caller, await find(caller, id))
      if (!found) throw new NotFound('changesets', id)
      return found
    },

    /** Newest first. */
    async list(caller: Caller, { state, sourceKind, limit = DEFAULT_LIMIT, cursor }: PageQuery & { state?: string | undefined; sourceKind?: string | undefined }): Promise<{ items: ChangeSet[]; nextCursor: string | null }> {
      const before = cursor === undefined ? null : (decode(cursor) as { createdAt: string; id: string })
      if (before !== null && (typeof before.createdAt !== 'string' || typeof before.id !== 'string')) throw badCursor()
      const rows = await store.newest(caller.workspaceId, { state, sourceKind, before, limit: limit + 1 })
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      const items = (await Promise.all(page.map((row) => wire(caller, row)))).filter((item) => item !== null)
      return { items, nextCursor: rows.length > limit && last ? encode({ createdAt: last.createdAt, id: last.id }) : null }
    },

    async changes(caller: Caller, id: string, { limit = DEFAULT_LIMIT, cursor }: PageQuery): Promise<{ items: PlannedChange[]; nextCursor: string | null }> {
      const row = await find(caller, id)
      const after = cursor === undefined ? 0 : Number(decode(cursor))
      if (!Number.isSafeInteger(after)) throw badCursor()
      if (caller.records && !(await wire(caller, row))) throw new NotFound('changesets', id)
      const whole = await changesOf(caller, row, after, limit + 1)
      const page = whole.slice(0, limit)
      const visible = caller.records ? new Set((await visibleOf(scoped, caller, page.map(({ change }) => change))).map((change) => change.id)) : null
      return { items: page.map(({ change }) => change).filter((change) => visible?.has(change.id) ?? true), nextCursor: whole.length > limit ? encode(page.at(-1)?.at ?? after) : null }
    },

    async conflicts(caller: Caller, id: string, { limit = DEFAULT_LIMIT, cursor }: PageQuery): Promise<{ items: FieldError[]; nextCursor: string | null }> {
      requireWholeWorkspace(caller)
      const row = await find(caller, id)
      const from = cursor === undefined ? { part: 0, line: 0 } : (decode(cursor) as { part: number; line: number })
      if (!Number.isSafeInteger(from.part) || !Number.isSafeInteger(from.line)) throw badCursor()
      const { items, next } = await conflicts.page(row.id, from, limit)
      return { items, nextCursor: next === null ? null : encode(next) }
    },

    /** A record's changes, newest first, if asked with those of what was merged into it, and who or what set each of its fields. Answers JSON. */
    async history(caller: Caller, noun: LedgeredNoun, id: string, { limit = DEFAULT_LIMIT, cursor, merged }: PageQuery & { merged?: string | undefined }): Promise<string> {
      const before = cursor === undefined ? null : Number(decode(cursor))
      if (before !== null && !Number.isSafeInteger(before)) throw badCursor()
      const others = merged === 'true' ? await scoped.visibleIds(caller, noun, await store.mergedInto(caller.workspaceId, noun, id)) : []
      const trimmed = await store.trimmedSeq(caller.workspaceId)
      const compacted = await store.compactedProvenance(caller.workspaceId, id)
      const items = await store.historyOf(caller.workspaceId, noun, [id, ...others], { before, after: trimmed, limit: limit + 1 })
      const page = items.slice(0, limit).map(({ source: _source, run: _run, decidedBy: _decidedBy, reverts: _reverts, ...change }) => change)
      const fields = { ...compacted?.fields, ...(await provenanceOf(caller, noun, id, compacted?.seq ?? 0)) }
      return JSON.stringify({ items: page, nextCursor: items.length > limit ? encode(page.at(-1)?.seq) : null, fields, compactedBefore: compacted && trimmed > 0 ? Math.min(trimmed, compacted.seq) : null })
    },
  }
}
export type ChangeSetsService = ReturnType<typeof createChangeSetsService>

const shown = ({ noun, id, op, version, fields }: FeedChange): PlannedChange => ({ noun, id, op, version, fields })

const badCursor = () => new Invalid([{ pointer: '?cursor', code: 'invalid_cursor', detail: 'is not one that this list gave' }])
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (cursor: string): unknown => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (typeof value === 'number' || (typeof value === 'object' && value !== null)) return value
  } catch {
    // Falls through to the refusal.
  }
  throw badCursor()
}
