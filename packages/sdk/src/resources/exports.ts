import type { COMPANY_LIST } from '../contract/companies.ts'
import type { CUSTOMER_LIST } from '../contract/customers.ts'
import type { DEAL_LIST } from '../contract/deals.ts'
import type { ExportFormat, ExportNoun, EXPORTS } from '../contract/exports.ts'
import type { INTERACTION_LIST } from '../contract/interactions.ts'
import type { infer as Infer } from 'zod'
import { type ApiPromise, apiPromise } from '../core/answer.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import type { ExportStream } from './export-stream.ts'
import { Resource, segment } from './resource.ts'

export type { ExportStream } from './export-stream.ts'

/** Loaded when the first export is read: pages that export nothing need it not. */
const reading = () => import('./export-stream.ts')

type Specs = { [Noun in ExportNoun]: (typeof EXPORTS)[Noun]['list'] } & { companies: typeof COMPANY_LIST; customers: typeof CUSTOMER_LIST; deals: typeof DEAL_LIST; interactions: typeof INTERACTION_LIST }
/** A noun's filters and order; an export has no pages. */
export type ExportFilters<Noun extends ExportNoun> = Omit<ListQuery<Specs[Noun]>, 'limit' | 'cursor'>
export type ExportQuery<Noun extends ExportNoun> = ExportFilters<Noun> & {
  /** `csv` for people and their tables, `jsonl` for programs; default `csv`. */
  format?: ExportFormat
  /** Of a CSV, in this order; default: the view's, or all. */
  columns?: readonly string[]
  /** Begins a CSV with a byte order mark, by which some spreadsheets know UTF-8. */
  bom?: boolean
  /** Puts into each line of JSONL the names of what the record points to, so that it can be imported into another workspace. */
  names?: boolean
}
/** A record as it stands in an export. */
export type Exported<Noun extends ExportNoun> = Infer<(typeof EXPORTS)[Noun]['item']>

export class Exports extends Resource {
  /**
   * All records of a list, or of a saved view, as a stream. It resolves when the export begins; `timeout` is for that alone.
   *
   * @example
   * for await (const bytes of await flowstate.exports.stream('deals', { view: 'vie_…' })) file.write(bytes)
   */
  stream<Noun extends ExportNoun>(noun: Noun, query?: ExportQuery<Noun>, options?: RequestOptions): ApiPromise<ExportStream> {
    const sent = this.transport.run<Response>({ ...options, method: 'GET', path: `/exports/${segment(noun)}`, query, answer: 'stream' })
    return apiPromise(sent.then(async (answer) => (await reading()).asStream(answer)))
  }

  /** The whole export as one text: for what fits into memory. */
  async text<Noun extends ExportNoun>(noun: Noun, query?: ExportQuery<Noun>, options?: RequestOptions): Promise<string> {
    return (await reading()).textOf(await this.stream(noun, query, options))
  }

  /** Every record of a list, one after the other, in bounded memory and with one request. */
  async *records<Noun extends ExportNoun>(noun: Noun, query?: ExportFilters<Noun>, options?: RequestOptions): AsyncGenerator<Exported<Noun>, void, undefined> {
    yield* (await reading()).recordsOf<Exported<Noun>>(await this.stream(noun, { ...query, format: 'jsonl' } as ExportQuery<Noun>, options))
  }
}
