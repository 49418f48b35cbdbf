import type { FilterType, ListSpec } from '../contract/common.ts'
import type { FilterTree } from '../contract/filters.ts'

interface Scalars { id: string; text: string; enum: string; boolean: boolean; number: number; money: number; tags: string; date: string; instant: string | Date }
type Among = 'id' | 'enum' | 'tags'
/** A value to equal, `null` for what is empty, or conditions such as `{ gte: 100_000 }`. Money is in minor units. */
export type Filter<Type extends FilterType> =
  | Scalars[Type]
  | null
  | (Type extends Among ? { in?: readonly string[]; ne?: string } : Type extends 'text' ? { in?: readonly string[]; ne?: string; contains?: string; startsWith?: string } : Type extends 'boolean' ? never : { [Operator in 'ne' | 'gt' | 'gte' | 'lt' | 'lte']?: Scalars[Type] })
export type Filters<Spec extends ListSpec> = { [Field in keyof Spec['filters']]?: Filter<Spec['filters'][Field]> }

type Order<Sort extends string> = Sort | `-${Sort}`
export interface Paging<Sort extends string = string> {
  /** A minus means descending; of several the first counts most. */
  sort?: Order<Sort> | readonly Order<Sort>[]
  /** Records a page: 1 to 200, default 50. */
  limit?: number
  cursor?: string
}
interface Archivable {
  /** `true`: only archived records; `'any'`: all; default: only live ones. */
  archived?: boolean | 'any'
}

type CustomValue = string | number | boolean
/** What the lists of nouns with custom fields take besides. */
interface Custom {
  [field: `customFields.${string}`]: CustomValue | null | { in?: readonly CustomValue[]; ne?: CustomValue; gt?: CustomValue; gte?: CustomValue; lt?: CustomValue; lte?: CustomValue; contains?: string; startsWith?: string } | undefined
  /** Conditions joined by and, or and not. */
  filter?: FilterTree
  /** Only what a search for this finds. */
  q?: string
  /** A saved view: its filter is added, its order is taken where `sort` names none. */
  view?: string
}

/** A list's filters, order and page, as its noun allows them. */
export type ListQuery<Spec extends ListSpec> = Filters<Spec> & Paging<Spec['sorts'][number] | (Spec extends { custom: true } ? `customFields.${string}` : never)> & (Spec extends { custom: true } ? Custom : object) & (Spec extends { archivable: false } ? object : Archivable)

export type QueryValue = string | number | boolean | Date | null | undefined | readonly (string | number | boolean)[]
export type Query = { [field: string]: QueryValue | { [operator: string]: QueryValue } }

/** `{ stageId, value: { gte: 1 } }` → `?stageId=…&value[gte]=1`; what is undefined is left out. */
export const queryString = (query: object | undefined): string => {
  if (query === undefined) return ''
  const parameters = new URLSearchParams()
  for (const [field, value] of Object.entries(query as Query)) {
    if (field === 'filter' && isConditions(value)) parameters.append(field, JSON.stringify(value))
    else if (isConditions(value)) {
      for (const [operator, operand] of Object.entries(value)) append(parameters, `${field}[${operator}]`, operand)
    } else append(parameters, field, value)
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

const isConditions = (value: Query[string]): value is { [operator: string]: QueryValue } =>
  typeof value === 'object' && value !== null && !(value instanceof Date) && !Array.isArray(value)

const append = (parameters: URLSearchParams, name: string, value: QueryValue) => {
  if (value === undefined) return
  parameters.append(name, value instanceof Date ? value.toISOString() : String(value))
}
