import { z } from 'zod'

/** Prefix of each kind of id; an id is `<prefix>_<ULID in lower case>`, so ids of a kind sort by time of creation. */
export const ID_PREFIX = {
  companies: 'com', customers: 'cus', deals: 'dea', pipelines: 'pip', stages: 'stg', interactions: 'int',
  changesets: 'chg', fields: 'fld', tags: 'tag', views: 'vie', agents: 'agt', tasks: 'tsk', actions: 'act', imports: 'imp', importMappings: 'map',
  workspaces: 'wsp', members: 'mem', invitations: 'inv', users: 'usr', keys: 'key', sessions: 'ses', duplicates: 'dup', webhooks: 'whk', deliveries: 'msg', reminders: 'rem', files: 'fil',
} as const
export type IdNoun = keyof typeof ID_PREFIX

/** An id in a body, checked for its shape. In a path any text is taken, and what does not exist is 404. */
export const idOf = (noun: IdNoun) =>
  z.string().regex(new RegExp(`^${ID_PREFIX[noun]}_[0-9a-hjkmnp-tv-z]{26}$`), `must be an id such as ${ID_PREFIX[noun]}_01jd3w7k5r8e4n2v6y9q0x1z3b`)

/** What both databases and every reader of ISO 8601 can hold. */
const FOUR_DIGITS = /^(?!0000)\d{4}-/
// Refinements also see what the format has refused already.
const isWritable = (text: string): boolean => Number.isNaN(Date.parse(text)) || FOUR_DIGITS.test(new Date(text).toISOString())

/** ISO 8601 in UTC with milliseconds; what is sent with another offset is converted. */
export const Instant = z.iso.datetime({ offset: true, abort: true }).refine(isWritable, 'must be of the years 0001 to 9999 in UTC').transform((text) => new Date(text).toISOString())
export type Instant = string

/** A calendar day, `2026-12-31`, without a time zone. */
export const CalendarDate = z.iso.date({ abort: true }).refine((text) => FOUR_DIGITS.test(text), 'must be of the years 0001 to 9999')

/** Whether it names a zone; an offset such as `+01:00`, which knows no summer time, is none. */
const isTimeZone = (name: string): boolean => {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat
  } catch {
    return false
  }
}
/** An IANA time zone such as `Europe/Berlin`, as the server's own data know it. */
export const TimeZone = z.string().max(64).refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')

export const CURRENCY = /^[A-Z]{3}$/
/** Money in integer minor units (cents): `{"amount": 120000, "currency": "EUR"}` is 1,200.00 EUR. */
export const Money = z.strictObject({
  amount: z.int().describe('Integer minor units: cents for EUR, yen for JPY.'),
  currency: z.string().regex(CURRENCY, 'must be an ISO 4217 code such as EUR'),
}).meta({ id: 'Money' })
export type Money = z.infer<typeof Money>

/** Text without NUL, which PostgreSQL cannot store. */
export const text = (max: number, min = 0) =>
  z.string().min(min).max(max).refine((value) => !value.includes('\u0000'), 'must not contain NUL')

/** A line of text that is not blank. */
export const line = (max = 200) => text(max, 1).refine((value) => value.trim() !== '', 'must not be blank')

/** Free values under names of the workspace's own. */
export const CustomFields = z.record(z.string().min(1).max(64), z.union([text(10_000), z.number(), z.boolean(), z.null(), z.array(text(100)).max(200)]))
  .refine((fields) => Object.keys(fields).length <= 100, 'at most 100 custom fields')
export type CustomFields = z.infer<typeof CustomFields>

/** Ids of the tags a record carries, each once. */
export const Tags = z.array(idOf('tags')).max(50).refine((tags) => new Set(tags).size === tags.length, 'must name each tag once')
/** The member of the workspace that a record is in the hands of. */
export const OwnerId = idOf('members').nullable()

/** What every record carries. `version` counts its changes and is the record's ETag. */
export const recordFields = {
  version: z.int().min(1),
  createdAt: Instant,
  updatedAt: Instant,
  archivedAt: Instant.nullable(),
}

/** One page of a list; `nextCursor` is null at its end. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() })
export interface Page<Item> { items: Item[]; nextCursor: string | null }

export type FilterType = 'id' | 'text' | 'enum' | 'number' | 'date' | 'instant' | 'money' | 'boolean' | 'tags'
/** What a noun's list can be filtered and sorted by; the query's schema, its documentation and the SQL come from it. */
export interface ListSpec {
  filters: Record<string, FilterType>
  sorts: readonly string[]
  /** The default order, as in `sort`. */
  sort: string
  archivable?: boolean
  /** Has custom fields, and so the wider query: `customFields.x`, `filter`, `q`, `view`. */
  custom?: boolean
}

export const RANGE_OPERATORS = ['gt', 'gte', 'lt', 'lte'] as const
export const FILTER_OPERATORS: Record<FilterType, readonly string[]> = {
  id: ['in', 'ne'], text: ['in', 'ne', 'contains', 'startsWith'], enum: ['in', 'ne'], boolean: [], tags: ['in', 'ne'],
  number: ['ne', ...RANGE_OPERATORS], date: ['ne', ...RANGE_OPERATORS], instant: ['ne', ...RANGE_OPERATORS], money: ['ne', ...RANGE_OPERATORS],
}
const NUMBER = z.string().regex(/^-?\d+(\.\d+)?$/, 'must be a number')
const INTEGER = z.string().regex(/^-?\d{1,15}$/, 'must be a whole number of minor units')
const FILTER_VALUE: Record<FilterType, z.ZodType<unknown, string>> = {
  id: z.string().max(64), text: text(500), enum: z.string().max(64), number: NUMBER, date: CalendarDate, instant: Instant, money: INTEGER, boolean: z.enum(['true', 'false']), tags: z.string().max(64),
}

export const LIMIT = { default: 50, max: 200 }
export const Limit = z.string().regex(/^\d{1,3}$/, 'must be a whole number from 1 to 200').transform(Number).pipe(z.int().min(1).max(LIMIT.max))
export const Cursor = z.string().min(1).max(2_000)

/** Names of custom fields in a query: `customFields.region`, `customFields.score[gte]`. */
const CUSTOM_NAME = /^customFields\.[a-zA-Z]\w{0,62}(\[(ne|gt|gte|lt|lte|in|contains|startsWith)\])?$/
const MOST_SORTS = 4

/**
 * The schema of a list's query string: `field=x`, `field[gte]=x`, `field[in]=a,b`, `field=null`, `customFields.x=…`, `filter` (a tree of
 * conditions as JSON), `q`, `view`, `sort=-value,title`, `limit`, `cursor`.
 */
export const listQuery = (spec: ListSpec, { paged = true }: { paged?: boolean } = {}) => {
  const shape: Record<string, z.ZodType> = {}
  for (const [field, type] of Object.entries(spec.filters)) {
    const value = FILTER_VALUE[type]
    shape[field] = z.union([z.literal('null'), value]).optional().describe(`${type === 'tags' ? 'Carries this tag' : 'Equals'}; \`null\` finds what is empty.${type === 'money' ? ' In minor units.' : ''}`)
    for (const operator of FILTER_OPERATORS[type]) {
      shape[`${field}[${operator}]`] = (operator === 'in' ? z.string().max(8_000).describe('Any of these, separated by commas.') : value).optional()
    }
  }
  if (spec.archivable !== false) shape.archived = z.enum(['true', 'false', 'any']).optional().describe('`true`: only archived records; `any`: all; default: only live ones.')
  if (spec.custom) {
    shape.filter = z.string().max(20_000).optional().describe('Conditions joined by and, or and not, as JSON: `{"or":[{"field":"value","op":"gte","value":100000},{"field":"customFields.region","value":"north"}]}`.')
    shape.q = text(200, 1).optional().describe('Only what a search for this finds.')
    shape.view = z.string().max(64).optional().describe('A saved view: its filter is added, its order is taken where `sort` names none.')
  }
  if (paged) {
    const names = [...spec.sorts, ...(spec.custom ? ['customFields\\.[a-zA-Z]\\w{0,62}'] : [])].join('|')
    shape.sort = z.string().max(400).regex(new RegExp(`^-?(?:${names})(?:,-?(?:${names})){0,${MOST_SORTS - 1}}$`), `must be up to ${MOST_SORTS} of ${spec.sorts.join(', ')}${spec.custom ? ' or customFields.x' : ''}, separated by commas, each with a minus for descending`)
      .optional().describe(`Default \`${spec.sort}\`; a minus means descending; several, separated by commas: the first counts most.`)
    shape.limit = Limit.optional().describe(`1 to ${LIMIT.max}, default ${LIMIT.default}.`)
    shape.cursor = Cursor.optional().describe('`nextCursor` of the page before.')
  }
  if (!spec.custom) return z.strictObject(shape)
  return z.object(shape).catchall(text(1_000)).superRefine((query, context) => {
    const unknown = Object.keys(query).filter((name) => !Object.hasOwn(shape, name) && !CUSTOM_NAME.test(name))
    if (unknown.length > 0) context.addIssue({ code: 'unrecognized_keys', keys: unknown, input: query, message: `Unrecognized: ${unknown.join(', ')}` })
  })
}

/** What a change must make of a body that changes nothing: at least one property. */
export const notEmpty = <Schema extends z.ZodType<object>>(schema: Schema) =>
  schema.refine((body) => Object.keys(body).length > 0, 'must name at least one property')
