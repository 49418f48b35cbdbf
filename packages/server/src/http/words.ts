import type { z } from 'zod'

/** What zod finds wrong with a value, in words that say the mend; schemas that say it themselves are heard first. */
export const words = (issue: z.core.$ZodRawIssue): string => {
  if (issue.code === 'invalid_type') return issue.input === undefined ? 'is required' : `must be ${TYPES[String(issue.expected)] ?? `of type ${String(issue.expected)}`}`
  if (issue.code === 'too_small') return `must be ${bound(issue, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}`
  if (issue.code === 'too_big') return `must be ${bound(issue, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}`
  if (issue.code === 'invalid_value') return issue.values.length === 1 ? `must be ${String(issue.values[0])}` : `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_format') return `must be ${FORMATS[issue.format] ?? `in the format ${issue.format}`}`
  if (issue.code === 'not_multiple_of') return `must be a multiple of ${String(issue.divisor)}`
  if (issue.code === 'unrecognized_keys') return 'is not a property this route knows'
  return 'does not fit'
}

const TYPES: Record<string, string> = { string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false', object: 'an object', record: 'an object', array: 'a list', null: 'null' }
const FORMATS: Record<string, string> = {
  email: 'an e-mail address', url: 'an address such as https://example.com', date: 'a day such as 2026-12-31', datetime: 'an instant such as 2026-12-31T12:00:00Z', safeint: 'a whole number',
}
const UNITS: Record<string, string> = { string: 'characters long', array: 'items', set: 'items' }

const bound = ({ origin }: { origin?: unknown }, comparison: string, limit: unknown): string => {
  const unit = UNITS[String(origin)]
  return unit === undefined ? `${comparison} ${String(limit)}` : `${comparison} ${String(limit)} ${limit === 1 || limit === 1n ? unit.replace('items', 'item').replace('characters', 'character') : unit}`
}
