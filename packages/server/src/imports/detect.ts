import { type DateOrder, type DecimalSign, type IdNoun, idOf, type ImportColumn, type ImportDetection, type ImportMapping, type ImportNoun, type ImportSettings, type SavedMapping } from '@flowstate-ai/sdk/contract'
import type { Definition } from '../fields/rules.ts'
import { decoded, type Sniffed } from './decode.ts'
import { mappingFor, refuseUnknown } from './mapping.ts'
import { NOUNS } from './nouns.ts'
import { refuseForeign } from './foreign.ts'
import { dataRows, headerOf, saidOf, UnreadableFile } from './survey.ts'
import { countDate, countDecimal, dateOrderOf, decimalOf, endOf, short } from './values.ts'

export interface DetectInput {
  noun: ImportNoun
  format: 'csv' | 'jsonl'
  /** The beginning of the file. */
  sample: Buffer
  /** It is the whole file. */
  whole: boolean
  sniffed: Sniffed
  settings: ImportSettings
  /** Saved mappings of the noun, the last changed first; `chosen` was named. */
  saved: readonly SavedMapping[]
  chosen: SavedMapping | null
  definitions: readonly Definition[]
  /** Ids of members by address or name, in lower case. */
  members: Record<string, string>
}
export interface Detected { detection: ImportDetection; mapping: ImportMapping; settings: ImportSettings }

const DELIMITERS = [',', ';', '\t', '|'] as const
const SAMPLE_ROWS = 200
const SAMPLES = 3
const SAMPLE_LENGTH = 100

/** The delimiter that the first line has most of, outside quotes. */
export const sniffDelimiter = (start: string): (typeof DELIMITERS)[number] => {
  const [line = ''] = start.replaceAll(/"(?:[^"]|"")*"/g, '').split(/\r\n|\n|\r/, 1)
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

/** What a file is taken for, from its beginning: how it is written, and which field each column fills. */
export const detectFile = async (input: DetectInput): Promise<Detected> => {
  const { noun, format, sniffed, saved, definitions, members } = input
  const encodedAs = input.settings.encoding ?? input.chosen?.settings.encoding ?? sniffed.encoding
  const text = await wholeText(input.sample, encodedAs)
  const delimiter = input.settings.delimiter ?? input.chosen?.settings.delimiter ?? sniffDelimiter(text)
  refuseForeign(input.sample, format)
  const header: string[] = []
  const rows: string[][] = []
  try {
    for await (const { cells, fault } of dataRows(once(input.sample), { format, encoding: encodedAs, delimiter }, header)) {
      if (fault === null) rows.push(cells)
      if (rows.length >= SAMPLE_ROWS) break
    }
  } catch (error) {
    const better = sniffDelimiter(text)
    if (!(error instanceof UnreadableFile) || better === delimiter) throw error
    throw new UnreadableFile(`${error.message} Its cells look divided by ${better === '\t' ? 'tabs' : better}, not by ${delimiter === '\t' ? 'tabs' : delimiter}.`)
  }
  // The last row of a sample may be cut off.
  if (!input.whole && rows.length > 1 && rows.length < SAMPLE_ROWS) rows.pop()
  const mine = input.chosen ?? saved.find((each) => sameHeader(each.header, header)) ?? null
  const { map: savedMap = {}, ...savedSettings } = mine?.settings ?? {}
  const settings: ImportSettings = { ...savedSettings, ...input.settings }
  const said = settings.map ?? {}
  if (format === 'csv' || input.whole) refuseUnknown(noun, header, said)
  const valuesOf = (column: string) => rows.map((cells) => (cells[header.indexOf(column)] ?? '').trim()).filter((value) => value !== '')
  const guesses = mappingFor(noun, header, {
    said, saved: savedMap, custom: definitions.map(({ key }) => key),
    fits(column, field) {
      const type = NOUNS[noun].fields[field]?.type
      // Owners who are no members here are kept as they are called, and so are people without an address.
      if (type === 'owner') return valuesOf(column).every((value) => Object.hasOwn(members, value.toLowerCase()))
      if (type === 'customer') return valuesOf(column).every((value) => value.includes('@'))
      return type !== 'dealStatus' || valuesOf(column).every((value) => endOf(value) !== null)
    },
    holdsIds: (column, field) => allIds(POINTS_TO[field] ?? noun, valuesOf(column)),
  })
  return {
    settings, mapping: Object.fromEntries(guesses.map(({ column, field }) => [column, field])),
    detection: {
      format, encoding: encodedAs, bom: sniffed.bom, delimiter: format === 'csv' ? delimiter : null, mappingId: mine?.id ?? null, whole: false,
      columns: guesses.map((guess): ImportColumn => {
        const values = valuesOf(guess.column)
        const type = NOUNS[noun].fields[guess.field ?? '']?.type ?? definitions.find(({ key }) => `customFields.${key}` === guess.field)?.type
        return {
          ...guess, samples: [...new Set(values)].slice(0, SAMPLES).map((value) => short(value.slice(0, SAMPLE_LENGTH))),
          dateOrder: type === 'date' || type === 'instant' ? (saidOf(settings.dateOrder, guess.column) ?? orderIn(values)) : null,
          decimal: type === 'money' || type === 'whole' || type === 'number' ? (saidOf(settings.decimal, guess.column) ?? signIn(values)) : null,
        }
      }),
    },
  }
}

const POINTS_TO: Record<string, IdNoun> = { companyId: 'companies', customerId: 'customers', dealId: 'deals', stageId: 'stages' }
const allIds = (noun: IdNoun, values: readonly string[]): boolean => values.length > 0 && values.every((value) => idOf(noun).safeParse(value).success)

/** A saved mapping's header is compared as files have it: blanks and repetitions named. */
const sameHeader = (saved: readonly string[], header: readonly string[]): boolean => saved.length === header.length && headerOf(saved).every((column) => header.includes(column))

const orderIn = (values: readonly string[]): DateOrder => {
  const counts = { ymd: 0, dmy: 0, mdy: 0 }
  for (const value of values) countDate(counts, value)
  return dateOrderOf(counts)
}
const signIn = (values: readonly string[]): DecimalSign | null => {
  const counts = { '.': 0, ',': 0 }
  for (const value of values) countDecimal(counts, value)
  return decimalOf(counts)
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
const wholeText = async (bytes: Buffer, encoding: Sniffed['encoding']): Promise<string> => {
  let text = ''
  for await (const part of decoded(once(bytes), encoding)) text += part
  return text.replace(/^\uFEFF/, '')
}
