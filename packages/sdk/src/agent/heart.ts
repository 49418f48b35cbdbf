import type { Clock } from '../core/clock.ts'

const MIN_GAP_MS = 1_000

export interface News { progress?: number; message?: string }

/**
 * A task's heartbeats: one every `everyMs`, sooner when there is news, but never two within a second nor two at a time. What is
 * said in between is put together, and what could not be sent is said again.
 */
export class Heart {
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #send: (news: News) => Promise<boolean>
  #news: News = {}
  #lastAt: number
  #sending: Promise<void> | undefined
  #cancel: (() => void) | undefined
  #stopped = false

  /** `send` answers whether the beat has arrived. */
  constructor(clock: Clock, everyMs: number, send: (news: News) => Promise<boolean>) {
    this.#clock = clock
    this.#everyMs = everyMs
    this.#send = send
    this.#lastAt = clock.now()
    this.#schedule()
  }

  say(news: News): void {
    this.#news = { ...this.#news, ...news }
    this.#schedule()
  }

  /** Ends the beating; sends what is still unsaid, unless nobody listens any more. */
  async stop({ silently = false } = {}): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await this.#sending
    if (!silently && this.#hasNews()) await this.#send(this.#news)
  }

  #schedule() {
    if (this.#stopped || this.#sending) return
    this.#cancel?.()
    const due = this.#lastAt + (this.#hasNews() ? Math.min(MIN_GAP_MS, this.#everyMs) : this.#everyMs)
    this.#cancel = this.#clock.after(Math.max(0, due - this.#clock.now()), () => { this.#sending = this.#beat() })
  }

  async #beat(): Promise<void> {
    const news = this.#news
    this.#news = {}
    this.#lastAt = this.#clock.now()
    const arrived = await this.#send(news)
    if (!arrived) this.#news = { ...news, ...this.#news }
    this.#sending = undefined
    this.#schedule()
  }

  #hasNews(): boolean {
    return Object.keys(this.#news).length > 0
  }
}
