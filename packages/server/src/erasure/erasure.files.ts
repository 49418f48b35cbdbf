import type { Files } from '../files/files.ts'
import { csvLine } from '../csv/cells.ts'
import { readCsv } from '../imports/csv.ts'
import { needlesOf, type Subject } from './redact.ts'

/** Of a rejected row these say where and why; what follows is the row as it was. */
const KEPT_CELLS = 3
const WHOLE_CELLS = 'erased'

/** Imported files that speak of a person: rejected rows lose their cells; a file that waits for nothing any more goes as a whole. */
export const createErasureFiles = (files: Files) => {
  const speaks = (text: string, needles: readonly string[]): boolean => needles.some((needle) => text.toLowerCase().includes(needle.toLowerCase()))

  return {
    /** Whether the source of an import holds what the person was known by; read as it lies there, part by part. */
    async sourceSpeaks(importId: string, subject: Subject): Promise<boolean> {
      const needles = needlesOf(subject)
      const longest = Math.max(0, ...needles.map((needle) => needle.length * 4))
      let tail = ''
      for await (const part of files.read(`imports:${importId}:source`)) {
        const text = tail + part.toString('utf8')
        if (speaks(text, needles)) return true
        tail = text.slice(-longest)
      }
      return false
    },
    removeSource: (importId: string): Promise<void> => files.remove(`imports:${importId}:source`),

    async scrubRejects(importId: string, subject: Subject): Promise<void> {
      const needles = needlesOf(subject)
      for (const name of await files.names(`imports:${importId}:rejects`)) {
        const text = await files.text(name)
        if (!speaks(text, needles)) continue
        const lines: string[] = []
        for await (const { cells } of readCsv(whole(text), ',')) {
          lines.push(csvLine(speaks(cells.join('\n'), needles) ? [...cells.slice(0, KEPT_CELLS - 1), WHOLE_CELLS, ...cells.slice(KEPT_CELLS).map(() => '')] : cells))
        }
        await files.put(name, lines.join(''))
      }
    },

    /** What a rehearsal said of each row; another rehearsal says it anew. */
    async removeDiff(importId: string, subject: Subject): Promise<void> {
      const needles = needlesOf(subject)
      for await (const text of files.texts(`imports:${importId}:diff`)) if (speaks(text, needles)) return files.remove(`imports:${importId}:diff`)
    },
  }
}
export type ErasureFiles = ReturnType<typeof createErasureFiles>

async function* whole(text: string): AsyncGenerator<string> {
  yield text
}
