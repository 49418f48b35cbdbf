import { z } from 'zod'
import { Batch, batchResults } from './batch.ts'
import { type ListSpec, listQuery, pageOf } from './common.ts'
import { History } from './changes.ts'
import { WriteQuery } from './modes.ts'
import { operation } from './operation.ts'

interface CrudOf<Item extends z.ZodType, New extends z.ZodType, Patch extends z.ZodType> {
  noun: string
  /** One of them, as in "Creates a deal". */
  one: string
  item: Item
  create: New
  update: Patch
  list: ListSpec
}

const HistoryQuery = z.strictObject({
  ...listQuery({ filters: {}, sorts: ['seq'], sort: '-seq', archivable: false }).shape,
  merged: z.enum(['true', 'false']).optional().describe('`true`: with the changes of the records that were merged into this one, each under its own id.'),
})

/** The eight operations that every ledgered noun has. */
export const crud = <Item extends z.ZodType, New extends z.ZodType, Patch extends z.ZodType>({ noun, one, item, create, update, list }: CrudOf<Item, New, Patch>) => ({
  list: operation({ id: `${noun}.list`, method: 'get', path: `/${noun}`, summary: `Lists ${noun}`, scope: 'crm:read', query: listQuery(list), status: 200, answer: pageOf(item) }),
  create: operation({ id: `${noun}.create`, method: 'post', path: `/${noun}`, summary: `Creates ${one}`, scope: 'crm:write', query: WriteQuery, body: create, status: 201, answer: item, ledgered: true }),
  retrieve: operation({ id: `${noun}.retrieve`, method: 'get', path: `/${noun}/{id}`, summary: `Reads ${one}`, scope: 'crm:read', status: 200, answer: item }),
  update: operation({ id: `${noun}.update`, method: 'patch', path: `/${noun}/{id}`, summary: `Changes ${one} (JSON Merge Patch)`, scope: 'crm:write', query: WriteQuery, body: update, status: 200, answer: item, versioned: true, ledgered: true }),
  archive: operation({ id: `${noun}.archive`, method: 'delete', path: `/${noun}/{id}`, summary: `Archives ${one}`, scope: 'crm:write', query: WriteQuery, status: 200, answer: item, versioned: true, ledgered: true }),
  restore: operation({ id: `${noun}.restore`, method: 'post', path: `/${noun}/{id}/restore`, summary: `Restores ${one} from the archive`, scope: 'crm:write', query: WriteQuery, status: 200, answer: item, ledgered: true }),
  batch: operation({ id: `${noun}.batch`, method: 'post', path: `/${noun}/batch`, summary: `Up to 1,000 writes of ${noun} as one change set`, scope: 'crm:write', query: WriteQuery, body: Batch, status: 200, answer: batchResults(item), ledgered: true, large: true }),
  history: operation({ id: `${noun}.history`, method: 'get', path: `/${noun}/{id}/history`, summary: `Tells who or what set each field of ${one}`, scope: 'crm:read', query: HistoryQuery, status: 200, answer: History }),
})

interface UpsertOf<Item extends z.ZodType, Patch extends z.ZodType> { noun: string; one: string; item: Item; update: Patch; keys: string }

/** For nouns with match keys. The body is a patch; where no record is found it must hold what creating one needs. */
export const upsertable = <Item extends z.ZodType, Patch extends z.ZodType>({ noun, one, item, update, keys }: UpsertOf<Item, Patch>) => ({
  upsert: operation({ id: `${noun}.upsert`, method: 'put', path: `/${noun}/by/{key}/{value}`, summary: `Changes the ${one.replace(/^an? /, '')} that holds a match key (${keys}), or creates it`, scope: 'crm:write', query: WriteQuery, body: update, status: 200, answer: item, ledgered: true, creates: true }),
})
