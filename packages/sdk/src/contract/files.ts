import { z } from 'zod'
import { idOf, type ListSpec, listQuery, pageOf, recordFields, text } from './common.ts'
import { operation } from './operation.ts'

export const FILE_LIMIT_BYTES = 25 * 1_048_576

/** A file that interactions carry as an attachment. Its content never changes. */
export const StoredFile = z.strictObject({
  id: idOf('files'),
  name: z.string(),
  type: z.string().describe('The media type that its sender named, or else what its first bytes look like.'),
  sniffedType: z.string().nullable().describe('The media type that its first bytes look like; null where they look like nothing known.'),
  bytes: z.int(),
  sha256: z.string().describe('Of its content, in hex.'),
  ...recordFields,
}).meta({ id: 'File' })
export type StoredFile = z.infer<typeof StoredFile>

export const FileUploadQuery = z.strictObject({ name: text(255, 1).optional().describe('The file\'s name, for people; default `file`.') })

export const FILE_LIST = { filters: { id: 'id', name: 'text', type: 'text', bytes: 'number', sha256: 'text', createdAt: 'instant' }, sorts: ['createdAt', 'name', 'bytes'], sort: '-createdAt' } as const satisfies ListSpec
export const files = {
  list: operation({ id: 'files.list', method: 'get', path: '/files', summary: 'Lists files', scope: 'crm:read', query: listQuery(FILE_LIST), status: 200, answer: pageOf(StoredFile) }),
  upload: operation({ id: 'files.upload', method: 'post', path: '/files', summary: 'Takes a file of any type as a stream, at most 25 MB', scope: 'crm:write', query: FileUploadQuery, stream: ['*/*'], status: 201, answer: StoredFile, unrepeatable: true }),
  retrieve: operation({ id: 'files.retrieve', method: 'get', path: '/files/{id}', summary: 'Tells about a file', scope: 'crm:read', status: 200, answer: StoredFile }),
  content: operation({ id: 'files.content', method: 'get', path: '/files/{id}/content', summary: 'Streams a file\'s content, as a download', scope: 'crm:read', status: 200, answerType: '*/*' }),
  archive: operation({ id: 'files.archive', method: 'delete', path: '/files/{id}', summary: 'Archives a file; what carries it keeps it', scope: 'crm:write', status: 200, answer: StoredFile }),
  restore: operation({ id: 'files.restore', method: 'post', path: '/files/{id}/restore', summary: 'Restores a file from the archive', scope: 'crm:write', status: 200, answer: StoredFile }),
}
