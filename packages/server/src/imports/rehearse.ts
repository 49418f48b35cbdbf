import type { Import, ImportCounts, ImportPreview, ImportReject } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { Files } from '../files/files.ts'
import { diffOf } from '../ledger/diff.ts'
import type { Change } from '../ledger/ledger.ts'
import { csvLine } from '../csv/cells.ts'
import type { createMeeting, Standing } from './meet.ts'
import { type Planned, planPart } from './plan.ts'
import { columnOf, COUNT_OF, SHOWN_REJECTS } from './part.ts'
import type { StagedDraft } from './scratch.ts'

interface RehearseDeps { files: Files; meet: ReturnType<typeof createMeeting>; clock: Clock }
interface Rehearsing extends Standing { item: Import; counts: ImportCounts; rejects: ImportReject[]; signal: AbortSignal; create: Change[]; onPart(g: number): void }
export interface Rehearsed { counts: ImportCounts; rejects: ImportReject[]; preview: ImportPreview[] }

const PART_ROWS = 200
const SHOWN = 50

/** What a run would do, row by row, by the same plan; nothing is written but the diff. */
export const createRehearsal = ({ files, meet, clock }: RehearseDeps) => async (state: Rehearsing): Promise<Rehearsed> => {
  const { item, reader, signal } = state
  const counts = { ...state.counts }
  const rejects = [...state.rejects]
  const preview: ImportPreview[] = []
  const diff = `imports:${item.id}:diff`
  await files.remove(diff)
  await files.remove(`imports:${item.id}:rejects:b`)
  let after = 0
  let file = 0
  const tell = async (entries: ImportPreview[]) => {
    preview.push(...entries.filter(({ action }) => action !== 'unchanged').slice(0, SHOWN - preview.length))
    if (entries.length > 0) await files.put(`${diff}:part-${String(file++).padStart(6, '0')}`, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  }
  await tell(state.create.map((change) => entryOf(1, 'create', change)))
  for (;;) {
    signal.throwIfAborted()
    const whole = await reader.part(after, PART_ROWS)
    const last = whole.at(-1)
    if (!last) break
    const entries: ImportPreview[] = []
    const lines: string[] = []
    for (let drafts: StagedDraft[] = whole; drafts.length > 0;) {
      const { planned, later, named } = planPart(drafts, await meet(state, drafts, instant(clock())))
      for (const each of planned) {
        counts[COUNT_OF[each.action]]++
        entries.push(...entriesOf(item, each))
        if (!each.reject) continue
        const reject = { row: each.draft.line, column: columnOf(item, each.reject.field), reason: each.reject.reason }
        lines.push(csvLine([String(reject.row), reject.column, reject.reason, ...each.draft.cells]))
        if (rejects.length < SHOWN_REJECTS) rejects.push(reject)
      }
      for (const change of planned.flatMap((each) => each.changes)) if (change.verb === 'create' && change.noun === 'tags') state.tags.set(String(change.set.name).toLowerCase(), change.id)
      // What the run would make is found by name as if it were there.
      if (named.length > 0) await reader.learn(named)
      drafts = later
    }
    await tell(entries)
    if (lines.length > 0) await files.put(`imports:${item.id}:rejects:b-${String(file).padStart(6, '0')}`, lines.join(''))
    after = last.g
    state.onPart(after)
  }
  return { counts, rejects, preview }
}

const entryOf = (row: number, action: ImportPreview['action'], change: Change): ImportPreview =>
  ({ row, action, noun: change.noun, id: change.verb === 'create' ? null : change.id, fields: diffOf(change), column: null, reason: null })

const entriesOf = (item: Import, { draft, action, id, changes, reject }: Planned): ImportPreview[] => {
  if (reject) return [{ row: draft.line, action, noun: item.noun, id, fields: {}, column: columnOf(item, reject.field), reason: reject.reason }]
  if (changes.length === 0) return [{ row: draft.line, action, noun: item.noun, id, fields: {}, column: null, reason: null }]
  return changes.map((change, index) => entryOf(draft.line, index === changes.length - 1 ? action : 'create', change))
}

/** A line of the diff as lines of CSV, one for each field. */
export const diffCsv = ({ row, action, noun, id, fields, column, reason }: ImportPreview): string => {
  const of = (value: unknown) => (value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value))
  const names = Object.entries(fields)
  if (names.length === 0) return csvLine([String(row), action, noun, id ?? '', column ?? '', '', '', reason ?? ''])
  return names.map(([name, { from, to }]) => csvLine([String(row), action, noun, id ?? '', name, of(from), of(to), ''])).join('')
}
export const DIFF_HEADER = csvLine(['row', 'action', 'noun', 'id', 'field', 'from', 'to', 'reason'])
