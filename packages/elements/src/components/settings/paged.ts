import type { Page } from '@flowstate-ai/sdk'

/** One page of a list, from its beginning where no cursor is given. */
export type FetchPage<Item> = (cursor: string | undefined) => PromiseLike<Page<Item>>

/** A list as it is read page by page. What came first stays shown while it is read anew. */
export class Paged<Item> {
  items: Item[] = []
  /** Something has been read; before, nothing can be said of it. */
  known = false
  busy = false
  error: unknown = null
  #next: string | null = null
  #turn = 0
  #failed: () => Promise<void> = () => this.load()
  readonly #fetch: FetchPage<Item>
  readonly #page: { update(): void; failed(error: unknown): void }

  constructor(fetch: FetchPage<Item>, page: { update(): void; failed(error: unknown): void }) {
    this.#fetch = fetch
    this.#page = page
  }

  /** There is more than what is shown. */
  get more(): boolean {
    return this.#next !== null
  }

  /** Reads it from its beginning; an answer to what was asked before is dropped. */
  load(): Promise<void> {
    return this.#read(undefined, () => [])
  }

  loadMore(): Promise<void> {
    return this.#next === null || this.busy ? Promise.resolve() : this.#read(this.#next, () => this.items)
  }

  /** Once more what failed. */
  again(): Promise<void> {
    return this.#failed()
  }

  prepend(item: Item): void {
    this.items = [item, ...this.items]
    this.#page.update()
  }

  /** Puts a newer state of an item where it stood; null takes it out. */
  replace(isIt: (item: Item) => boolean, by: Item | null): void {
    this.items = this.items.flatMap((item) => (isIt(item) ? (by === null ? [] : [by]) : [item]))
    this.#page.update()
  }

  async #read(cursor: string | undefined, before: () => Item[]): Promise<void> {
    const turn = ++this.#turn
    this.busy = true
    this.error = null
    this.#page.update()
    try {
      const { items, nextCursor } = await this.#fetch(cursor)
      if (turn !== this.#turn) return
      this.items = [...before(), ...items]
      this.#next = nextCursor
      this.known = true
    } catch (error) {
      if (turn !== this.#turn) return
      this.error = error
      this.#failed = () => (cursor === undefined ? this.load() : this.loadMore())
      this.#page.failed(error)
    }
    this.busy = false
    this.#page.update()
  }
}
