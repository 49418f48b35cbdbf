import type { Random } from '../../demo/random.ts'
import type { Schema } from './document.ts'
import { NAUGHTY } from './naughty.ts'

export interface Making {
  random: Random
  schemas: Record<string, Schema>
  /** Ids that answers have held, by their prefix. */
  ids: Map<string, string[]>
  text(): string
}

const ULID = '0123456789abcdefghjkmnpqrstvwxyz'
const DEEPEST = 6

/** A value that a schema takes, as far as JSON Schema tells: what it refuses nevertheless is refused by rules that have no place there. */
export const valueOf = (schema: Schema, making: Making, depth = 0): unknown => {
  const { random, schemas } = making
  if (typeof schema.$ref === 'string') return valueOf(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, making, depth + 1)
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return random.pick(schema.enum)
  const alternatives = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined
  // A schema that holds itself ends at its last alternative, which is the plain one.
  if (alternatives) return valueOf(depth > DEEPEST ? (alternatives.at(-1) ?? {}) : random.pick(alternatives), making, depth + 1)
  const types = Array.isArray(schema.type) ? schema.type : [schema.type]
  switch (random.pick(types)) {
    case 'object': return objectOf(schema, making, depth)
    case 'array': return Array.from({ length: arrayLength(schema, random, depth) }, () => valueOf((schema.items ?? {}) as Schema, making, depth + 1))
    case 'string': return stringOf(schema, making)
    case 'integer': case 'number': return numberOf(schema, random)
    case 'boolean': return random.chance(0.5)
    case 'null': return null
    default: return anything(making)
  }
}

export const anything = ({ random, text }: Making): unknown =>
  random.pick<() => unknown>([() => null, () => true, () => 0, () => -1, () => 1.5, () => text(), () => [], () => ({}), () => [text()], () => ({ [text()]: text() })])()

const objectOf = (schema: Schema, making: Making, depth: number): Record<string, unknown> => {
  const { random } = making
  const required = new Set((schema.required ?? []) as string[])
  const object: Record<string, unknown> = {}
  for (const [name, property] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
    if (required.has(name) || random.chance(depth > DEEPEST ? 0 : 0.4)) object[name] = valueOf(property, making, depth + 1)
  }
  const free = schema.additionalProperties
  if (typeof free === 'object' && free !== null && depth <= DEEPEST) {
    for (let count = random.below(3); count > 0; count--) object[random.pick(['region', 'score', 'a', making.text().slice(0, 20) || 'x'])] = valueOf(free as Schema, making, depth + 1)
  }
  return object
}

const arrayLength = ({ minItems = 0, maxItems = 4 }: { minItems?: number; maxItems?: number }, random: Random, depth: number): number =>
  depth > DEEPEST ? minItems : random.between(minItems, Math.min(maxItems, minItems + 3))

const numberOf = ({ type, minimum, maximum, exclusiveMinimum }: { type?: unknown; minimum?: number; maximum?: number; exclusiveMinimum?: number }, random: Random): number => {
  const low = minimum ?? exclusiveMinimum ?? -Number.MAX_SAFE_INTEGER
  const high = maximum ?? Number.MAX_SAFE_INTEGER
  const chosen = random.pick([low, high, 0, 1, 7, 100, 2 ** 31, 2 ** 31 - 1, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, random.next() * 1_000])
  const within = Math.min(high, Math.max(low, chosen))
  return type === 'integer' ? Math.trunc(within) : within
}

const INSTANTS = ['2026-03-29T02:30:00Z', '2026-12-31T23:59:60Z', '2026-02-29T00:00:00Z', '2028-02-29T12:00:00+05:45', '0000-01-01T00:00:00Z', '0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59-12:00', '1969-12-31T23:59:59.999999999Z', '2026-01-01T00:00:00.1Z']
const DATES = ['2026-12-31', '2028-02-29', '0000-01-01', '0001-01-01', '9999-12-31', '1582-10-10']
const EMAILS = ['a@x.com', 'A@X.com', 'o\'brien+tag@example.co.uk', 'x'.repeat(60) + '@example.com']

const stringOf = ({ pattern, format, minLength = 0, maxLength = 300 }: { pattern?: string; format?: string; minLength?: number; maxLength?: number }, making: Making): string => {
  const { random, ids, text } = making
  const prefix = /^\^([a-z]{3})_\[/.exec(pattern ?? '')?.[1]
  if (prefix) return idOf(prefix, random, ids)
  if (format === 'date-time') return random.pick(INSTANTS)
  if (format === 'date') return random.pick(DATES)
  if (format === 'email') return random.chance(0.5) ? random.pick(EMAILS) : `${random.below(1_000_000)}@example.com`
  if (pattern) return patterned(pattern, random)
  const made = random.chance(0.02) ? 'x'.repeat(maxLength) : text()
  return [...made].slice(0, maxLength).join('').slice(0, maxLength).toWellFormed().padEnd(minLength, 'x')
}

export const idOf = (prefix: string, random: Random, ids: Making['ids']): string => {
  const known = ids.get(prefix)
  return known && known.length > 0 && random.chance(0.8) ? random.pick(known) : `${prefix}_0${Array.from({ length: 25 }, () => random.pick([...ULID])).join('')}`
}

/** Patterns of this interface: currencies, kinds, keys, numbers, and lists of names such as a sort. */
const patterned = (pattern: string, random: Random): string => {
  const names = /\(\?:([^()]*(?:\\\\?\.[^()]*)*)\)/.exec(pattern)?.[1]?.split('|').filter((name) => /^\w+$/.test(name))
  if (names && names.length > 0) return Array.from({ length: random.between(1, 3) }, () => `${pattern.includes('-?') && random.chance(0.5) ? '-' : ''}${random.pick(names)}`).join(',')
  const candidates = ['EUR', 'JPY', 'research', 'import', 'a', 'region', 'score', '1', '50', '200', '0', '-5', '7.25', '999999999999999', '2026-12-31', 'x_1', 'Europe/Berlin', 'FREQ=DAILY;COUNT=3']
  const regex = new RegExp(pattern, 'u')
  const fitting = candidates.filter((candidate) => regex.test(candidate))
  return fitting.length > 0 ? random.pick(fitting) : random.pick(candidates)
}

/** Text that is well-formed: plain words now and then, else what has broken other software. */
export const createText = (random: Random, further: readonly string[] = []) => {
  const all = [...NAUGHTY, ...further]
  return (): string => (random.chance(0.3) ? random.pick(['Acme', 'Ada Lovelace', 'Ten machines', 'x']) : random.pick(all))
}
