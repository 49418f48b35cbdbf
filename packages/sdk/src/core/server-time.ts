import type { Clock } from './clock.ts'

/** The server's wall clock, as its `Date` headers tell it, carried on by the monotonic clock. A page of another origin is not shown that header. */
export class ServerTime {
  readonly #clock: Clock
  #offset: number | undefined
  #exact = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  observe(headers: Headers): void {
    if (this.#exact) return
    const date = headers.get('date')
    if (date !== null) this.#set(Date.parse(date))
  }

  /** What the room has just said, in milliseconds since 1970; finer than a header's seconds, so from then on they are not heard. */
  set(instant: number): void {
    this.#set(instant)
    this.#exact = true
  }

  /** Milliseconds since 1970; undefined before the server has said anything. */
  now(): number | undefined {
    return this.#offset === undefined ? undefined : this.#clock.now() + this.#offset
  }

  #set(instant: number) {
    if (Number.isFinite(instant)) this.#offset = instant - this.#clock.now()
  }
}
