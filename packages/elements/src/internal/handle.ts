import type { Feed, FeedEvent, FeedStatus, Flowstate, Whoami } from '@flowstate-ai/sdk'

export type FeedListener = { onEvent?: (event: FeedEvent) => void; onStatus?: (status: FeedStatus) => void }

/**
 * One client and all that its elements share: who it is, and one feed, opened when the first element listens and closed soon after
 * the last has gone. Twenty widgets on a page make one connection and one token.
 */
export class Handle {
  readonly client: Flowstate
  #whoami: Promise<Whoami> | null = null
  #feed: Feed | null = null
  #status: FeedStatus = { state: 'connecting', since: Date.now() }
  #closing: ReturnType<typeof setTimeout> | undefined
  readonly #listeners = new Set<FeedListener>()
  /** The newest snapshot with what came since: who begins to listen later is told it at once. */
  #snapshot: Extract<FeedEvent, { type: 'snapshot' }> | null = null

  constructor(client: Flowstate) {
    this.client = client
  }

  whoami(): Promise<Whoami> {
    this.#whoami ??= this.client.whoami.retrieve().then((who) => who, (error: unknown) => {
      this.#whoami = null
      throw error
    })
    return this.#whoami
  }

  /** Milliseconds by the server's clock. */
  now(): number {
    return this.#feed?.now() ?? Date.now()
  }

  listen(listener: FeedListener): () => void {
    clearTimeout(this.#closing)
    this.#listeners.add(listener)
    listener.onStatus?.(this.#status)
    if (this.#snapshot) listener.onEvent?.(this.#snapshot)
    if (!this.#feed) void this.#open()
    return () => {
      this.#listeners.delete(listener)
      // An element that is only moved in the page comes back at once.
      if (this.#listeners.size === 0) this.#closing = setTimeout(() => this.#close(), LINGER_MS)
    }
  }

  async #open(): Promise<void> {
    if (this.#opening || this.#closed) return
    this.#opening = true
    try {
      const { scopes, records } = await this.whoami()
      if (this.#listeners.size === 0 || this.#closed) return
      const channels = scopes.includes('agents:read') && !records ? ['status', 'changes'] as const : ['changes'] as const
      this.#feed = this.client.realtime.subscribe({
        channels: [...channels],
        onEvent: (event) => {
          this.#remember(event)
          for (const { onEvent } of [...this.#listeners]) onEvent?.(event)
        },
        onStatus: (status) => this.#say(status),
      })
    } catch (error) {
      if (this.#closed) return
      this.#say({ state: 'offline', since: Date.now(), error } as FeedStatus)
      this.#retrying = setTimeout(() => void this.#open(), RETRY_MS)
    } finally {
      this.#opening = false
    }
  }
  #opening = false
  #retrying: ReturnType<typeof setTimeout> | undefined

  #say(status: FeedStatus): void {
    this.#status = status
    for (const { onStatus } of [...this.#listeners]) onStatus?.(status)
  }

  #remember(event: FeedEvent): void {
    if (event.type === 'snapshot') this.#snapshot = event
    if (event.type !== 'status' || !this.#snapshot) return
    const merge = <Item extends { id: string }>(known: readonly Item[], newer: readonly Item[] = []) => [...new Map([...known, ...newer].map((item) => [item.id, item])).values()]
    this.#snapshot = { ...this.#snapshot, agents: merge(this.#snapshot.agents, event.agents), tasks: merge(this.#snapshot.tasks, event.tasks).slice(-KEPT_TASKS), stats: event.stats ?? this.#snapshot.stats }
  }

  /** Ends the feed at once; nothing is opened again. */
  close(): void {
    this.#closed = true
    this.#close()
  }
  #closed = false

  #close(): void {
    clearTimeout(this.#retrying)
    this.#feed?.close()
    this.#feed = null
    this.#snapshot = null
  }
}

const LINGER_MS = 2_000
const RETRY_MS = 3_000
const KEPT_TASKS = 200
