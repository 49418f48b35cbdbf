import { z } from 'zod'
import { FieldDiff, LedgeredNoun } from './changes.ts'
import { idOf, Instant, line, type ListSpec, listQuery, notEmpty, pageOf, recordFields } from './common.ts'
import { operation } from './operation.ts'

/** The largest file that is imported. */
export const IMPORT_LIMIT_BYTES = 1_073_741_824

export const ImportNoun = z.enum(['companies', 'customers', 'deals', 'interactions'])
export type ImportNoun = z.infer<typeof ImportNoun>

/** Which field a column fills: `{"account": "company", "deal_stage": "stage"}`; `null` leaves a column out, `customFields.x` keeps it as a custom field. */
export const ImportMapping = z.record(z.string().max(500), z.string().max(200).nullable()).meta({ id: 'ImportMapping' })
export type ImportMapping = z.infer<typeof ImportMapping>

export const ImportEncoding = z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'])
export type ImportEncoding = z.infer<typeof ImportEncoding>
export const ImportDelimiter = z.enum([',', ';', '\t', '|'])
/** In which order a date's parts stand. */
export const DateOrder = z.enum(['ymd', 'dmy', 'mdy'])
export type DateOrder = z.infer<typeof DateOrder>
export const DecimalSign = z.enum(['.', ','])
export type DecimalSign = z.infer<typeof DecimalSign>
const Country = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code such as DE')
const Currency = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR')

const said = {
  encoding: ImportEncoding.describe('Default: as the file\'s bytes suggest.'),
  delimiter: ImportDelimiter.describe('Between cells; default: as the header suggests.'),
  currency: Currency.describe('Of amounts that name none; default: the first pipeline\'s.'),
  country: Country.describe('Of phone numbers without a country code, such as DE; default: they are kept as they are.'),
}
/** What somebody said about a file; what is left out is detected. */
export const ImportSettings = z.strictObject({
  ...said,
  map: ImportMapping,
  dateOrder: z.union([DateOrder, z.record(z.string().max(500), DateOrder)]).describe('For the whole file, or by column.'),
  decimal: z.union([DecimalSign, z.record(z.string().max(500), DecimalSign)]).describe('The sign before decimals, for the whole file or by column.'),
}).partial().meta({ id: 'ImportSettings' })
export type ImportSettings = z.infer<typeof ImportSettings>

/** A column as it is understood. */
export const ImportColumn = z.strictObject({
  column: z.string(),
  field: z.string().nullable(),
  /** `said` by the caller, `saved` in a mapping, `known` by its header, `likely` by its header and values, `kept` as a custom field, or `left` out. */
  sure: z.enum(['said', 'saved', 'known', 'likely', 'kept', 'left']),
  why: z.string(),
  samples: z.array(z.string()).describe('Up to three values from the beginning of the file.'),
  dateOrder: DateOrder.nullable(),
  decimal: DecimalSign.nullable(),
}).meta({ id: 'ImportColumn' })
export type ImportColumn = z.infer<typeof ImportColumn>

/** What the file is taken for: from its beginning when it arrives, from the whole of it once it was read. */
export const ImportDetection = z.strictObject({
  format: z.enum(['csv', 'jsonl']),
  encoding: ImportEncoding,
  bom: z.boolean(),
  delimiter: ImportDelimiter.nullable(),
  /** The saved mapping that was taken. */
  mappingId: z.string().nullable(),
  whole: z.boolean().describe('False: from the beginning of the file alone.'),
  columns: z.array(ImportColumn),
}).meta({ id: 'ImportDetection' })
export type ImportDetection = z.infer<typeof ImportDetection>

export const ImportCounts = z.strictObject({
  rows: z.int().describe('Data rows read, the header not counted: the sum of the other counts.'),
  created: z.int(),
  updated: z.int().describe('Found by `externalId`, or by their first match key.'),
  merged: z.int().describe('Changed records that were found by another match key: e-mail, domain, phone or name.'),
  unchanged: z.int(),
  collapsed: z.int().describe('Rows that another row of the same file tells about the same record; the last one wins, blanks never overwrite.'),
  rejected: z.int(),
}).meta({ id: 'ImportCounts' })
export type ImportCounts = z.infer<typeof ImportCounts>

export const ImportReject = z.strictObject({
  row: z.int().describe('The line of the record\'s first character in the file; the header is line 1.'),
  column: z.string().nullable(),
  reason: z.string(),
}).meta({ id: 'ImportReject' })
export type ImportReject = z.infer<typeof ImportReject>

/** What the rehearsal would do with a row. */
export const ImportPreview = z.strictObject({
  row: z.int(),
  action: z.enum(['create', 'update', 'merge', 'unchanged', 'reject']),
  /** The import's own, or that of a record which the row brings along: a company, a tag; with row 1 a pipeline and its stages. */
  noun: LedgeredNoun,
  /** The record that it changes; null where it would create one, or is rejected. */
  id: z.string().nullable(),
  fields: z.record(z.string(), FieldDiff),
  column: z.string().nullable(),
  reason: z.string().nullable(),
}).meta({ id: 'ImportPreview' })
export type ImportPreview = z.infer<typeof ImportPreview>

export const ImportState = z.enum(['uploaded', 'queued', 'rehearsing', 'rehearsed', 'running', 'succeeded', 'failed', 'cancelled'])
export type ImportState = z.infer<typeof ImportState>

export const Import = z.strictObject({
  id: idOf('imports'),
  noun: ImportNoun,
  name: z.string().describe('The file\'s name.'),
  state: ImportState,
  bytes: z.int(),
  /** As it is applied: every column, guesses included. */
  mapping: z.record(z.string(), z.string().nullable()).describe('The field that each column fills. Columns are named as the file names them, whatever their length.'),
  counts: ImportCounts,
  /** The first 20; all are at `/imports/{id}/rejects`. */
  rejects: z.array(ImportReject),
  error: z.string().nullable(),
  taskId: z.string().describe('Empty until a task works on it.'),
  changeSetId: z.string(),
  finishedAt: Instant.nullable(),
  settings: ImportSettings,
  detection: ImportDetection.nullable(),
  /** The first 50 rows of a rehearsal that would do something; all are at `/imports/{id}/diff`. */
  preview: z.array(ImportPreview),
  total: z.int().nullable().describe('Data rows in the file, once they were counted.'),
  ...recordFields,
}).meta({ id: 'Import' })
export type Import = z.infer<typeof Import>

export const ImportQuery = z.strictObject({
  noun: ImportNoun,
  name: z.string().min(1).max(255).optional().describe('The file\'s name, for people; default `upload.csv`.'),
  map: z.string().max(50_000).optional().describe('JSON object from column to field; columns that it does not name are guessed from their header.'),
  mapping: z.string().max(200).optional().describe('The id or name of a saved mapping; default: the one whose header is the same.'),
  mode: z.enum(['detect', 'rehearse']).optional().describe('`detect` takes the file and says what it is taken for; `rehearse` says besides what each row would do, and changes nothing. Default: it is imported.'),
  ...Object.fromEntries(Object.entries(said).map(([name, schema]) => [name, schema.optional()])) as { [Name in keyof typeof said]: z.ZodOptional<(typeof said)[Name]> },
  dateOrder: DateOrder.optional(),
  decimal: DecimalSign.optional(),
})
export const ImportDiffQuery = z.strictObject({ format: z.enum(['csv', 'jsonl']).optional().describe('Default `csv`: row, action, id, field, from, to, reason.') })

const mappingFields = {
  name: line(100),
  settings: ImportSettings.describe('What is said of files like this, first of all `map`.'),
  header: z.array(z.string().max(500)).max(1_000).describe('A file with this header takes the mapping by itself.'),
}
/** What somebody found out about a kind of file, for the next one. */
export const SavedMapping = z.strictObject({ id: idOf('importMappings'), noun: ImportNoun, ...mappingFields, ...recordFields }).meta({ id: 'SavedMapping' })
export type SavedMapping = z.infer<typeof SavedMapping>
export const NewSavedMapping = z.strictObject({ noun: ImportNoun, ...mappingFields }).partial({ header: true }).meta({ id: 'NewSavedMapping' })
export type NewSavedMapping = z.input<typeof NewSavedMapping>
export const SavedMappingPatch = notEmpty(z.strictObject(mappingFields).partial()).meta({ id: 'SavedMappingPatch' })
export type SavedMappingPatch = z.input<typeof SavedMappingPatch>

export const IMPORT_STREAMS = ['text/csv', 'application/x-ndjson'] as const
export const IMPORT_LIST = { filters: { noun: 'enum', state: 'enum', createdAt: 'instant' }, sorts: ['createdAt'], sort: '-createdAt', archivable: false } as const satisfies ListSpec
export const SAVED_MAPPING_LIST = { filters: { noun: 'enum', name: 'text', createdAt: 'instant' }, sorts: ['name', 'createdAt'], sort: 'name' } as const satisfies ListSpec

export const imports = {
  list: operation({ id: 'imports.list', method: 'get', path: '/imports', summary: 'Lists imports', scope: 'crm:read', query: listQuery(IMPORT_LIST), status: 200, answer: pageOf(Import) }),
  upload: operation({ id: 'imports.upload', method: 'post', path: '/imports', summary: 'Takes a CSV or JSONL file as a stream, and imports it as a task, rehearses it first, or says what it is taken for', scope: 'crm:write', query: ImportQuery, stream: IMPORT_STREAMS, status: 202, answer: Import, unrepeatable: true }),
  retrieve: operation({ id: 'imports.retrieve', method: 'get', path: '/imports/{id}', summary: 'Reads an import: what the file is taken for, its counts, its preview', scope: 'crm:read', status: 200, answer: Import }),
  settings: operation({ id: 'imports.settings', method: 'post', path: '/imports/{id}/settings', summary: 'Corrects what the file is taken for, before it is imported; what the body names replaces what was said before', scope: 'crm:write', body: ImportSettings, status: 200, answer: Import }),
  rehearse: operation({ id: 'imports.rehearse', method: 'post', path: '/imports/{id}/rehearse', summary: 'Finds out what each row would do, and changes nothing', scope: 'crm:write', status: 202, answer: Import }),
  run: operation({ id: 'imports.run', method: 'post', path: '/imports/{id}/run', summary: 'Imports a file that was uploaded or rehearsed', scope: 'crm:write', status: 202, answer: Import }),
  rejects: operation({ id: 'imports.rejects', method: 'get', path: '/imports/{id}/rejects', summary: 'The rejected rows as CSV: row, column, reason, and the row as it was', scope: 'crm:read', status: 200, answerType: 'text/csv' }),
  diff: operation({ id: 'imports.diff', method: 'get', path: '/imports/{id}/diff', summary: 'All that the rehearsal would do, field by field, as CSV or JSONL', scope: 'crm:read', query: ImportDiffQuery, status: 200, answerType: ['text/csv', 'application/x-ndjson'] }),
}
export const importMappings = {
  list: operation({ id: 'importMappings.list', method: 'get', path: '/imports/mappings', summary: 'Lists saved mappings', scope: 'crm:read', query: listQuery(SAVED_MAPPING_LIST), status: 200, answer: pageOf(SavedMapping) }),
  create: operation({ id: 'importMappings.create', method: 'post', path: '/imports/mappings', summary: 'Saves a mapping for files of a kind', scope: 'crm:write', body: NewSavedMapping, status: 201, answer: SavedMapping }),
  retrieve: operation({ id: 'importMappings.retrieve', method: 'get', path: '/imports/mappings/{id}', summary: 'Reads a saved mapping', scope: 'crm:read', status: 200, answer: SavedMapping }),
  update: operation({ id: 'importMappings.update', method: 'patch', path: '/imports/mappings/{id}', summary: 'Changes a saved mapping', scope: 'crm:write', body: SavedMappingPatch, status: 200, answer: SavedMapping }),
  archive: operation({ id: 'importMappings.archive', method: 'delete', path: '/imports/mappings/{id}', summary: 'Takes a saved mapping out of use', scope: 'crm:write', status: 200, answer: SavedMapping }),
}
