import type { FieldError } from '@flowstate-ai/sdk/contract'
import type { Files } from '../files/files.ts'

const nameOf = (undoing: string): string => `changesets:${undoing}:conflicts`

/**
 * All that an undoing left as it is, however much: a file for each window, one conflict a line. A window that is planned anew writes its
 * file anew, so that an undoing that was interrupted lists nothing twice. They name records, fields and change sets, and never a value.
 */
export const createUndoConflicts = (files: Files) => ({
  keep: (undoing: string, window: number, conflicts: readonly FieldError[]): Promise<void> =>
    files.put(`${nameOf(undoing)}:part-${String(window).padStart(6, '0')}`, conflicts.map((conflict) => `${JSON.stringify(conflict)}\n`).join('')),

  /** From a place on, at most `limit`; `next` is the place after them, null at the end. */
  async page(undoing: string, from: { part: number; line: number }, limit: number): Promise<{ items: FieldError[]; next: { part: number; line: number } | null }> {
    const items: FieldError[] = []
    const names = await files.names(nameOf(undoing))
    for (let part = from.part, skip = from.line; part < names.length; part++, skip = 0) {
      const lines = (await files.text(names[part] ?? '')).split('\n').filter((line) => line !== '')
      const taken = lines.slice(skip, skip + limit - items.length)
      items.push(...taken.map((line) => JSON.parse(line) as FieldError))
      if (items.length < limit) continue
      const next = skip + taken.length < lines.length ? { part, line: skip + taken.length } : { part: part + 1, line: 0 }
      return { items, next: next.part < names.length ? next : null }
    }
    return { items, next: null }
  },
})
export type UndoConflicts = ReturnType<typeof createUndoConflicts>
