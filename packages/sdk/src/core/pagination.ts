import type { Page } from '../contract/common.ts'
import { type Answered, type ApiPromise, apiPromise } from './answer.ts'

/**
 * A list. Awaited, it is the first page; iterated, it is every item, page after page, fetched as they are needed:
 *
 * @example
 * for await (const deal of flowstate.deals.list({ stageId })) …
 * const { items, nextCursor } = await flowstate.deals.list({ stageId, limit: 20 })
 */
export class Pager<Item> implements PromiseLike<Page<Item>>, AsyncIterable<Item> {
  readonly #fetch: (cursor: string | undefined) => Promise<Answered<Page<Item>>>
  #first: ApiPromise<Page<Item>> | undefined

  constructor(fetch: (cursor: string | undefined) => Promise<Answered<Page<Item>>>) {
    this.#fetch = fetch
  }

  then<A = Page<Item>, B = never>(onPage?: ((page: Page<Item>) => A | PromiseLike<A>) | null, onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.#page().then(onPage, onError)
  }

  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<Page<Item> | B> {
    return this.#page().catch(onError)
  }

  finally(onSettled?: (() => void) | null): Promise<Page<Item>> {
    return this.#page().finally(onSettled)
  }

  /** The first page with the answer around it. */
  withResponse(): Promise<Answered<Page<Item>>> {
    return this.#page().withResponse()
  }

  async *pages(): AsyncGenerator<Page<Item>, void, undefined> {
    for (let cursor: string | undefined; ;) {
      const { data } = await this.#fetch(cursor)
      yield data
      if (data.nextCursor === null) return
      cursor = data.nextCursor
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const page of this.pages()) yield* page.items
  }

  #page(): ApiPromise<Page<Item>> {
    this.#first ??= apiPromise(this.#fetch(undefined))
    return this.#first
  }
}
