import type { ImportColumn, ImportMapping, ImportNoun } from '@flowstate-ai/sdk/contract'
import { Invalid } from '../errors.ts'
import { NOUNS } from './nouns.ts'

export type Guess = Pick<ImportColumn, 'column' | 'field' | 'sure' | 'why'>
export interface MappingHints {
  /** What the caller or a saved mapping says. */
  said: ImportMapping
  saved: ImportMapping
  /** Keys of custom fields that are defined. */
  custom: readonly string[]
  /** Judges by its values a field that was guessed from a header alone. */
  fits(column: string, field: string): boolean
  /** The column holds ids of records here, of those that the field points to; default: none does. */
  holdsIds?(column: string, field: string): boolean
}

const CUSTOM = 'customFields.'
const MOST_CUSTOM = 100

/**
 * Which field each column fills: what the caller says, then a saved mapping, then what the header suggests, then a custom field of the
 * header's name. The better a header is known, the earlier it chooses.
 */
export const mappingFor = (noun: ImportNoun, header: readonly string[], { said, saved, custom, fits, holdsIds = () => false }: MappingHints): Guess[] => {
  const ours = isExport(header) ? new Set([...OURS, ...OURS_IN_EXPORTS, ...(header.includes('tagNames') ? ['tags'] : [])]) : OURS
  const taken = new Set<string>()
  const strangers = new Set<string>()
  const found = new Map<string, Guess>()
  const take = (column: string, field: string | null, sure: ImportColumn['sure'], why: string) => {
    found.set(column, { column, field, sure: field === null ? 'left' : sure, why })
    if (field !== null) taken.add(field)
  }
  for (const column of header) {
    if (Object.hasOwn(said, column)) take(column, said[column] ?? null, 'said', 'was said')
    else if (Object.hasOwn(saved, column)) take(column, saved[column] ?? null, 'saved', 'stands in the saved mapping')
  }
  if (isRejects(header)) for (const column of OF_REJECTS) if (!found.has(column)) take(column, null, 'left', 'says why the row was rejected')
  for (const column of header) {
    const field = ownField(noun, column, (id) => holdsIds(column, id), isExport(header))
    if (field === null || found.has(column) || taken.has(field)) continue
    take(column, field, 'known', field in HERE_IS ? 'is the id of a record here' : 'is what an export of ours calls it')
  }
  for (const { column, field, exact } of candidates(noun, header)) {
    if (ours.has(plain(column))) continue
    if (found.has(column) || taken.has(field)) continue
    if (!fits(column, field)) {
      if (NOUNS[noun].fields[field]?.type === 'owner') strangers.add(column)
      continue
    }
    take(column, field, exact ? 'known' : 'likely', exact ? 'is a usual name of this field' : 'looks like a name of this field')
  }
  let kept = [...taken].filter((field) => field.startsWith(CUSTOM)).length
  for (const column of header) {
    if (found.has(column)) continue
    const key = keyFor(column, taken, custom)
    if (key === '') take(column, null, 'left', 'has no name to keep it under')
    else if (ours.has(plain(column))) take(column, null, 'left', 'is kept by every record itself')
    else if (++kept > MOST_CUSTOM && !column.startsWith(CUSTOM)) take(column, null, 'left', `is left out: a record holds at most ${MOST_CUSTOM} custom fields`)
    else take(column, CUSTOM + key, 'kept', custom.includes(key) ? 'is a custom field of this name' : strangers.has(column) ? 'names owners who are no members here, and is kept as a custom field' : 'fits no field, and is kept as a custom field')
  }
  return header.map((column) => found.get(column) ?? { column, field: null, sure: 'left', why: '' })
}

/** What this interface's own exports bring along and nothing can set. */
const OURS = new Set(['version', 'createdat', 'updatedat', 'archivedat'])
/** What else they do, where names stand beside it; in a file from elsewhere it may mean something. */
const OURS_IN_EXPORTS = new Set(['id', 'ownerid', 'companyid', 'customerid', 'dealid', 'mergedintoid', 'pipelineid', 'stageid', 'status', 'position', 'weightedvalue', 'weightedvaluecurrency', 'rotting', 'stageenteredat', 'participants', 'attachments'])
const isExport = (header: readonly string[]): boolean => ['id', ...OURS].every((name) => header.some((column) => plain(column) === name))

/** Columns of our own exports that hold ids, by the field that they fill: whether they do is told by their values. */
const HERE_IS: Record<string, string> = { id: 'id', companyId: 'companyId', customerId: 'customerId', dealId: 'dealId', stageId: 'stageId' }
/** What another system might mean otherwise, or write on one column. */
const OWN_DATES: Record<string, string> = { expectedCloseDate: 'expectedCloseDate', closedAt: 'closedAt' }
const OWN_IN_EXPORTS: Record<string, string> = { status: 'stageKind', owner: 'owner', archivedAt: 'archivedAt', tagNames: 'tags' }
const ownField = (noun: ImportNoun, column: string, holdsThem: (field: string) => boolean, exported: boolean): string | null => {
  const field = HERE_IS[column] ?? OWN_DATES[column] ?? (exported ? OWN_IN_EXPORTS[column] : undefined)
  if (field === undefined || !Object.hasOwn(NOUNS[noun].fields, field)) return null
  return column in HERE_IS && !holdsThem(field) ? null : field
}

/** What the list of rejected rows puts before them, which comes back once they are mended. */
const OF_REJECTS = ['row', 'column', 'reason'] as const
const isRejects = (header: readonly string[]): boolean => OF_REJECTS.every((name, index) => header[index] === name)

/** Refuses a mapping that names columns or fields which are not there. */
export const refuseUnknown = (noun: ImportNoun, header: readonly string[], said: ImportMapping, pointer = '?map'): void => {
  const known = Object.keys(NOUNS[noun].fields)
  const used = new Map<string, string>()
  const errors = Object.entries(said).flatMap(([column, field]) => {
    const at = `${pointer}/${column}`
    if (!header.includes(column)) return [{ pointer: at, code: 'not_found', detail: `names a column that the file does not have; it has ${header.slice(0, 50).join(', ')}` }]
    if (field === null) return []
    if (!known.includes(field) && !/^customFields\.[^.]{1,64}$/.test(field)) return [{ pointer: at, code: 'invalid_value', detail: `names the field ${field}; ${noun} have ${known.join(', ')}, or customFields.x` }]
    const other = used.get(field)
    used.set(field, column)
    return other === undefined ? [] : [{ pointer: at, code: 'repeated', detail: `fills ${field}, as the column ${other} does already` }]
  })
  if (errors.length > 0) throw new Invalid(errors)
}

const plain = (text: string): string => text.toLowerCase().normalize('NFKD').replaceAll(/[^\p{L}\p{N}]/gu, '')

/** What other systems put before a column of the noun itself: `Person - Email`, `Deal - Stage`. */
const OWN_NAMES: Record<ImportNoun, readonly string[]> = { companies: ['organization', 'organisation', 'company', 'account'], customers: ['person', 'people', 'contact', 'customer'], deals: ['deal', 'opportunity'], interactions: ['activity', 'engagement'] }
const WHICH = /^(work|primary|main|business|name|value)$/

/** Every field that a column could fill by its name, the best first: the whole header, then without what stands in brackets, then by its parts. */
const candidates = (noun: ImportNoun, header: readonly string[]): { column: string; field: string; exact: boolean }[] => {
  const list: { column: string; field: string; exact: boolean; rank: number }[] = []
  const fields = Object.entries(NOUNS[noun].fields)
  header.forEach((column, index) => {
    if (column.startsWith(CUSTOM)) return
    const all = column.replaceAll(/\([^)]*\)/g, '').split(/\s*[/>.]\s*|\s+-\s+/).map(plain).filter((part) => part !== '')
    const parts = all.length > 1 && OWN_NAMES[noun].includes(all[0] ?? '') ? all.slice(1) : all
    const last = parts.at(-1) ?? ''
    // `Company > Name` is the company, not a name; `Email - Work` is an e-mail address.
    const names = [plain(column), all.join(''), parts.join(''), ...(parts.length > 1 ? [WHICH.test(last) ? (parts.at(-2) ?? '') : last] : [])]
    const first = parts.length > 1 ? fields.find(([, { headers }]) => headers.includes(parts[0] ?? ''))?.[0] : undefined
    for (const [field, { headers }] of fields) {
      names.forEach((name, variant) => {
        const rank = name === '' ? -1 : headers.indexOf(name)
        if (rank >= 0 && (variant < 3 || first === undefined || first === field)) list.push({ column, field, exact: variant === 0, rank: variant * 100 + rank + index / 1e6 })
      })
    }
  })
  return list.sort((a, b) => a.rank - b.rank)
}

/** `sales_agent` to `salesAgent`; the key of a definition whose letters are the same; with a number where another column has it already. */
const keyFor = (column: string, taken: Set<string>, custom: readonly string[]): string => {
  // An export names a custom field by its key, letter by letter.
  if (column.startsWith(CUSTOM) && column.length > CUSTOM.length) return taken.has(column) ? '' : column.slice(CUSTOM.length)
  const base = custom.find((key) => plain(key) === plain(column)) ?? camelCase(column)
  for (let count = 1; base !== '' && count < 1_000; count++) {
    const key = count === 1 ? base : `${base.slice(0, 60)}${count}`
    if (!taken.has(CUSTOM + key)) return key
  }
  return ''
}

const camelCase = (text: string): string => {
  const words = text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  return words.map((word, index) => (index === 0 ? word.charAt(0).toLowerCase() + word.slice(1) : word.charAt(0).toUpperCase() + word.slice(1))).join('').slice(0, 64)
}
