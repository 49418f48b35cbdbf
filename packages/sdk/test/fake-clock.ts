import type { Clock } from '../src/core/clock.ts'

interface Timer { at: number; ms: number; run: () => void }

/** Time that stands still until the test moves it. */
export class FakeClock implements Clock {
  #now = 1_000
  #timers = new Set<Timer>()
  #watchers = new Set<() => void>()
  chance = 0.5

  readonly now = () => this.#now
  readonly random = () => this.chance

  readonly after = (ms: number, run: () => void) => {
    const timer = { at: this.#now + ms, ms, run }
    this.#timers.add(timer)
    for (const watch of this.#watchers) watch()
    return () => { this.#timers.delete(timer) }
  }

  /** Runs what is due within `ms`, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#due(end); next; next = this.#due(end)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = end
  }

  /** Waits until a timer is set whose delay pleases, then moves time to it. Answers its delay. */
  async reach(pleases: (ms: number) => boolean): Promise<number> {
    for (;;) {
      const timer = [...this.#timers].find(({ ms }) => pleases(ms))
      if (timer) {
        this.advance(timer.at - this.#now)
        return timer.ms
      }
      await new Promise<void>((resolve) => {
        const watch = () => {
          this.#watchers.delete(watch)
          resolve()
        }
        this.#watchers.add(watch)
      })
    }
  }

  #due(end: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  }
}
