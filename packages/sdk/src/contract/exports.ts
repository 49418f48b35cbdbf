import { z } from 'zod'
import { type ListSpec, text } from './common.ts'
import { Company, COMPANY_LIST } from './companies.ts'
import { Customer, CUSTOMER_LIST } from './customers.ts'
import { Deal, DEAL_LIST } from './deals.ts'
import { Field, FIELD_LIST } from './fields.ts'
import { Interaction, INTERACTION_LIST } from './interactions.ts'
import { operation } from './operation.ts'
import { Pipeline, PIPELINE_LIST, Stage, STAGE_LIST } from './pipelines.ts'
import { Tag, TAG_LIST } from './tags.ts'
import { View, VIEW_LIST } from './views.ts'

/** Every noun that can be exported: what a record of it is, and how its list is filtered. */
export const EXPORTS = {
  companies: { item: Company, list: COMPANY_LIST },
  customers: { item: Customer, list: CUSTOMER_LIST },
  deals: { item: Deal, list: DEAL_LIST },
  interactions: { item: Interaction, list: INTERACTION_LIST },
  pipelines: { item: Pipeline, list: PIPELINE_LIST },
  stages: { item: Stage, list: STAGE_LIST },
  tags: { item: Tag, list: TAG_LIST },
  fields: { item: Field, list: FIELD_LIST },
  views: { item: View, list: VIEW_LIST },
} as const satisfies Record<string, { item: z.ZodObject; list: ListSpec }>
export type ExportNoun = keyof typeof EXPORTS
export const EXPORT_NOUNS = Object.keys(EXPORTS) as ExportNoun[]

export const ExportFormat = z.enum(['csv', 'jsonl'])
export type ExportFormat = z.infer<typeof ExportFormat>

/** Besides these an export takes every filter of its noun's list, `customFields.x` included; the server checks them for the noun. */
export const ExportQuery = z.object({
  format: ExportFormat.default('csv').describe('`csv` for people and their tables, `jsonl` for programs: one record as its JSON a line. Default `csv`.'),
  columns: z.string().min(1).max(8_000).optional().describe('Of a CSV, separated by commas and in this order: fields, `value.currency`, `company`, `owner`, `customFields.x`, or `customFields` for all of them. Default: the view\'s, or all.'),
  bom: z.enum(['true', 'false']).optional().describe('Begins a CSV with a byte order mark, by which some spreadsheets know UTF-8. Default `false`.'),
  names: z.enum(['true', 'false']).optional().describe('Puts into each line of JSONL, behind the record, the names of what it points to, as far as its noun has them, so that it can be imported where those ids mean nothing: `company`, `companyDomain`, `customerEmail`, `deal`, `pipeline`, `stage`, `owner`, `tagNames`. Default `false`.'),
  sort: z.string().max(400).optional().describe('As the noun\'s list; default: in the order in which records were made, which is the fastest.'),
  archived: z.enum(['true', 'false', 'any']).optional().describe('`true`: only archived records; `any`: all; default: only live ones.'),
  filter: z.string().max(20_000).optional().describe('Conditions joined by and, or and not, as JSON.'),
  q: text(200, 1).optional().describe('Only what a search for this finds.'),
  view: z.string().max(64).optional().describe('A saved view: its filter, its order and its columns.'),
}).catchall(text(8_000))
export type ExportQuery = z.output<typeof ExportQuery>

export const exports = {
  stream: operation({
    id: 'exports.stream', audited: true, method: 'get', path: '/exports/{noun}', params: { noun: EXPORT_NOUNS },
    summary: 'Streams all records of a list, or of a saved view, as CSV or JSONL', scope: 'crm:read', query: ExportQuery, status: 200, answerType: 'text/csv',
  }),
}
