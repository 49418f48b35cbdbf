import { AppError, Invalid } from '../errors.ts'
import { maybeUnstorable, unstorable } from './storable.ts'

const MAX_DEPTH = 64

/** The body as JSON, once type, depth and texts are found fit. An absent body reads as `{}`. The items of a batch are judged one by one, elsewhere. */
export const readJson = (text: string, contentType: string | null, { itemwise = false } = {}): unknown => {
  if (text === '') return {}
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json' && type !== 'application/merge-patch+json') {
    throw new AppError('unsupported_media_type', `This route takes application/json, not ${type || 'a body without Content-Type'}.`)
  }
  const value = parse(text)
  if (text.length > MAX_DEPTH && deeperThan(value, MAX_DEPTH)) throw new AppError('bad_request', `The JSON is nested more than ${MAX_DEPTH} levels deep.`)
  const faults = itemwise || !maybeUnstorable(text) ? [] : unstorable(value)
  if (faults.length > 0) throw new Invalid(faults.slice(0, MOST_FAULTS))
  return value
}
const MOST_FAULTS = 20

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new AppError('malformed_json', `The body is not JSON: ${error instanceof Error ? error.message.replaceAll(/\s+/g, ' ').slice(0, 200) : 'it cannot be parsed'}.`)
  }
}

/** Walks no deeper than the limit itself. */
const deeperThan = (value: unknown, levels: number): boolean =>
  typeof value === 'object' && value !== null && (levels === 0 || Object.values(value).some((child) => deeperThan(child, levels - 1)))
