import { z } from 'zod'
import { idOf, Instant, type ListSpec, listQuery, pageOf, recordFields } from './common.ts'
import { operation } from './operation.ts'

export const ImportNoun = z.enum(['companies', 'customers', 'deals', 'interactions'])
export type ImportNoun = z.infer<typeof ImportNoun>

/** Which field a column fills: `{"account": "company", "deal_stage": "stage"}`; `null` leaves a column out, `customFields.x` keeps it as a custom field. */
export const ImportMapping = z.record(z.string().max(500), z.string().max(200).nullable()).meta({ id: 'ImportMapping' })
export type ImportMapping = z.infer<typeof ImportMapping>

export const ImportCounts = z.strictObject({
  rows: z.int().describe('Data rows read, the header not counted.'), created: z.int(), updated: z.int(), unchanged: z.int(), rejected: z.int(),
}).meta({ id: 'ImportCounts' })
export type ImportCounts = z.infer<typeof ImportCounts>

export const ImportReject = z.strictObject({
  row: z.int().describe('The line of the record\'s first character in the file; the header is line 1.'),
  column: z.string().nullable(),
  reason: z.string(),
}).meta({ id: 'ImportReject' })
export type ImportReject = z.infer<typeof ImportReject>

export const Import = z.strictObject({
  id: idOf('imports'),
  noun: ImportNoun,
  name: z.string().describe('The file\'s name.'),
  state: z.enum(['queued', 'running', 'succeeded', 'failed']),
  bytes: z.int(),
  mapping: ImportMapping,
  counts: ImportCounts,
  /** The first 20; all are at `/imports/{id}/rejects`. */
  rejects: z.array(ImportReject),
  error: z.string().nullable(),
  taskId: z.string(),
  changeSetId: z.string(),
  finishedAt: Instant.nullable(),
  ...recordFields,
}).meta({ id: 'Import' })
export type Import = z.infer<typeof Import>

export const ImportQuery = z.strictObject({
  noun: ImportNoun,
  name: z.string().min(1).max(255).optional().describe('The file\'s name, for people; default `upload.csv`.'),
  map: z.string().max(50_000).optional().describe('JSON object from column to field; columns that it does not name are guessed from their header.'),
})

export const IMPORT_LIST = { filters: { noun: 'enum', state: 'enum', createdAt: 'instant' }, sorts: ['createdAt'], sort: '-createdAt', archivable: false } as const satisfies ListSpec
export const imports = {
  list: operation({ id: 'imports.list', method: 'get', path: '/imports', summary: 'Lists imports', scope: 'crm:read', query: listQuery(IMPORT_LIST), status: 200, answer: pageOf(Import) }),
  create: operation({ id: 'imports.create', method: 'post', path: '/imports', summary: 'Takes a CSV file as a stream and imports it as a task', scope: 'crm:write', query: ImportQuery, stream: ['text/csv'], status: 202, answer: Import, unrepeatable: true }),
  retrieve: operation({ id: 'imports.retrieve', method: 'get', path: '/imports/{id}', summary: 'Reads an import with its counts', scope: 'crm:read', status: 200, answer: Import }),
  rejects: operation({ id: 'imports.rejects', method: 'get', path: '/imports/{id}/rejects', summary: 'The rejected rows as CSV: row, column, reason, and the row as it was', scope: 'crm:read', status: 200, answerType: 'text/csv' }),
}
