import type { Clock } from './clock.ts'

/** The server's wall clock, as its `Date` headers tell it, carried on by the monotonic clock. A page of another origin is not shown that header. */
export class ServerTime {
  readonly #clock: Clock
  #offset: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  observe(headers: Headers): void {
    const date = headers.get('date')
    if (date !== null) this.set(Date.parse(date))
  }

  /** `instant` in milliseconds since 1970, just said by the server. */
  set(instant: number): void {
    if (Number.isFinite(instant)) this.#offset = instant - this.#clock.now()
  }

  /** Milliseconds since 1970; undefined before the server has said anything. */
  now(): number | undefined {
    return this.#offset === undefined ? undefined : this.#clock.now() + this.#offset
  }
}
