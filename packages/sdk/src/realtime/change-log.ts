import type { Change, ChangeRange } from '../contract/changes.ts'
import type { ChangesFrame } from '../contract/room.ts'
import { ResyncError } from '../core/errors.ts'

/** Frames held while a gap is filled; beyond, they are forgotten and pulled, so that a long absence costs no memory. */
const MAX_HELD_FRAMES = 500
const PAGE = 200
/** Beyond every log: the answer's `to` is its end. */
const BEYOND = 999_999_999_999_999

type Frame = Pick<ChangesFrame, 'from' | 'to' | 'items'>

export interface ChangeLogOptions {
  since: number | undefined
  pull: (since: number, limit: number) => Promise<ChangeRange>
  onChange: (change: Change) => void
  onResync: (seq: number) => void
}

/**
 * Puts changes in order: hands each over once, and fills every gap by asking for it. It is told what the room says (`frame`, `head`)
 * and pulls what is missing; whoever calls `settle` awaits that.
 */
export class ChangeLog {
  readonly #options: ChangeLogOptions
  #seq: number | undefined
  /** The last seq that is known to exist. */
  #head = 0
  #held: Required<Frame>[] = []
  #filling: Promise<void> | undefined

  constructor(options: ChangeLogOptions) {
    this.#options = options
    this.#seq = options.since
  }

  get seq(): number | undefined {
    return this.#seq
  }

  /** Whether something is known to exist that has not been handed over. */
  get behind(): boolean {
    return this.#seq !== undefined && this.#seq < this.#head
  }

  /** The room says that the log reaches to `seq`; for a feed that begins now, this is where it begins. */
  reaches(seq: number): void {
    this.#seq ??= seq
    this.#head = Math.max(this.#head, seq)
  }

  frame(frame: Frame): void {
    this.#seq ??= frame.from - 1
    this.#head = Math.max(this.#head, frame.to)
    const { items } = frame
    if (items && this.#held.length < MAX_HELD_FRAMES) this.#held.push({ from: frame.from, to: frame.to, items })
    if (!this.#filling) this.#handOver()
  }

  /** Pulls until nothing is known to be missing. Rejects when the server cannot be asked; call it again then. */
  settle(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => { this.#filling = undefined })
    return this.#filling
  }

  /** Asks for what came since, known of or not; answers whether there was anything. */
  async poll(): Promise<boolean> {
    if (this.#filling) await this.#filling
    const before = this.#seq
    this.#filling = this.#pollOnce().finally(() => { this.#filling = undefined })
    await this.#filling
    return this.#seq !== before
  }

  async #pollOnce(): Promise<void> {
    if (this.#seq === undefined) this.reaches(await this.#end())
    else if (await this.#pullOne()) await this.#fill()
  }

  async #fill(): Promise<void> {
    this.#handOver()
    while (this.behind) {
      if (!await this.#pullOne()) return
      this.#handOver()
    }
  }

  /** Answers whether it got further. */
  async #pullOne(): Promise<boolean> {
    const since = this.#seq ?? 0
    try {
      const { to, items } = await this.#options.pull(since, PAGE)
      if (to < since) return this.#startOver(to)
      this.#deliver(items, to)
      return to > since
    } catch (error) {
      if (!(error instanceof ResyncError)) throw error
      return this.#startOver(await this.#end())
    }
  }

  /** What we have is not what the server has any more. */
  #startOver(seq: number): boolean {
    this.#seq = seq
    this.#head = seq
    this.#held = []
    this.#options.onResync(seq)
    return false
  }

  async #end(): Promise<number> {
    const { to } = await this.#options.pull(BEYOND, 1)
    return to < BEYOND ? to : this.#head
  }

  /** Hands over what follows without a gap; the rest is held. */
  #handOver() {
    this.#held.sort((a, b) => a.from - b.from)
    let next = this.#held[0]
    while (next && next.from <= (this.#seq ?? 0) + 1) {
      this.#held.shift()
      this.#deliver(next.items, next.to)
      next = this.#held[0]
    }
  }

  #deliver(items: readonly Change[], to: number) {
    const seq = this.#seq ?? 0
    if (to <= seq) return
    // First the place, then the words: a listener that throws must not be told twice.
    this.#seq = to
    this.#head = Math.max(this.#head, to)
    for (const change of items) if (change.seq > seq) this.#options.onChange(change)
  }
}
