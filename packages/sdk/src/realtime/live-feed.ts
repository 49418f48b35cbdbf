import type { ChangeRange } from '../contract/changes.ts'
import type { Channel, RoomMessage } from '../contract/room.ts'
import type { Ticket } from '../contract/tokens.ts'
import { sleep } from '../core/clock.ts'
import { FlowstateError, ForbiddenError } from '../core/errors.ts'
import { backoff } from '../core/retry.ts'
import type { Transport } from '../core/transport.ts'
import { ChangeLog } from './change-log.ts'
import { connect, type Socket } from './connect.ts'
import type { FeedEvent, FeedState, SubscribeOptions } from './feed.ts'
import { pollStatus } from './poll-status.ts'
import { CLOSE, hello } from './protocol.ts'

/** Sockets refused in a row, with tickets to be had, before we poll beside trying on. */
const FAILURES_BEFORE_POLLING = 3
const TICKET_TIMEOUT_MS = 10_000
/** After which a silent socket is checked against the log: a connection can die without a word. */
const SILENCE_MS = 60_000
/** Readers of some records pull after every frame of everyone's; spread out, so that they do not all ask at once. */
const PULL_SPREAD_MS = 300
const REFUSED_MS = 4_000
/** What hello asked for is under way; if it is not here by then, it is pulled. */
const PATIENCE_MS = 1_000

export interface LiveFeedOptions extends SubscribeOptions {
  transport: Transport
  setState: (state: FeedState, error?: unknown) => void
}

/** Follows the room, falls back to polling, and hands over every change once, in order. */
export class LiveFeed {
  readonly #options: LiveFeedOptions
  readonly #log: ChangeLog
  readonly #ending = new AbortController()
  #socket: Socket | undefined
  #live = false
  #ticketed = false
  #failures = 0
  #polling = false
  #streaming = false
  #streamable = true
  #heartbeatMs = 10_000
  #nextFill: { at: number; cancel: () => void } | undefined
  #cancelSilence: (() => void) | undefined
  #stopStream: (() => void) | undefined
  #mustPoll = false
  #statusForbidden = false

  constructor(options: LiveFeedOptions) {
    this.#options = options
    this.#log = new ChangeLog({
      since: options.since,
      pull: async (since, limit) => (await options.transport.run<ChangeRange>({ method: 'GET', path: '/changes', query: { since, limit }, signal: this.#ending.signal })).data,
      onChange: (change) => this.#tell({ type: 'change', change }),
      onResync: (seq) => this.#tell({ type: 'resync', seq }),
    })
    this.#socket = connect({
      url: () => this.#socketUrl(),
      random: options.transport.options.clock.random,
      onOpen: () => this.#socket?.send(hello([...options.channels], this.#wants('changes') ? this.#log.seq : undefined)),
      onMessage: (text) => this.#receive(text),
      onClose: (code) => this.#lost(code),
    })
    globalThis.addEventListener?.('online', this.#online)
  }

  get seq(): number | undefined {
    return this.#log.seq
  }

  close(): void {
    globalThis.removeEventListener?.('online', this.#online)
    this.#ending.abort()
    this.#nextFill?.cancel()
    this.#cancelSilence?.()
    this.#socket?.close()
  }

  readonly #online = () => { if (!this.#live) this.#socket?.reconnect() }

  async #socketUrl(): Promise<string> {
    const { baseUrl } = this.#options.transport.options
    try {
      const { data } = await this.#options.transport.run<Ticket>({ method: 'POST', path: '/realtime/ticket', repeatable: false, timeout: TICKET_TIMEOUT_MS, signal: this.#ending.signal })
      this.#ticketed = true
      const url = new URL(data.path, `${baseUrl}/`)
      url.protocol = url.protocol.replace('http', 'ws')
      url.searchParams.set('ticket', data.ticket)
      return url.href
    } catch (error) {
      if (error instanceof ForbiddenError) this.#end(error)
      else this.#setState('offline', error)
      throw error
    }
  }

  #receive(text: string) {
    const message = JSON.parse(text) as RoomMessage
    this.#options.transport.options.serverTime.set(Date.parse(message.at))
    this.#watchSilence()
    switch (message.type) {
      case 'snapshot': {
        const { at, heartbeatMs, agents, tasks, stats, seq } = message
        this.#heartbeatMs = heartbeatMs
        this.#arrived()
        if (this.#wants('status')) this.#tell({ type: 'snapshot', at, heartbeatMs, agents, tasks, stats })
        this.#log.reaches(seq)
        return this.#fill(PATIENCE_MS)
      }
      case 'status': {
        if (this.#wants('status')) this.#tell(message)
        return
      }
      case 'changes': {
        if (!this.#wants('changes')) return
        this.#log.frame(message)
        return this.#fill(message.items ? 0 : this.#random() * PULL_SPREAD_MS)
      }
      case 'resync': {
        this.#log.reaches(message.seq)
        // `ahead` names no gap, and yet our place may be one that the server no longer has: only asking tells.
        this.#mustPoll = true
        return this.#fill(0)
      }
    }
  }

  #arrived() {
    this.#live = true
    this.#ticketed = false
    this.#failures = 0
    this.#stopStream?.()
    this.#setState('live')
  }

  #lost(code: number) {
    this.#cancelSilence?.()
    if (code === CLOSE.forbidden) return this.#end(new ForbiddenError('The room refused the ticket.', { code: 'forbidden', status: 403 }))
    // A token that ended under a live socket is replaced at once; a ticket refused outright waits, like any failure.
    if (code === CLOSE.unauthenticated) this.#after(this.#live ? 0 : REFUSED_MS * (0.5 + this.#random()), () => this.#socket?.reconnect())
    if (this.#live) this.#setState('connecting')
    this.#live = false
    if (this.#ticketed) this.#failures += 1
    this.#ticketed = false
    if (this.#failures >= FAILURES_BEFORE_POLLING) void this.#poll()
  }

  /** Pulls what is missing after `wait`, unless it has come by then; again, later, when the server cannot be asked. */
  #fill(wait: number, attempt = 0) {
    if (!this.#wants('changes') || !(this.#mustPoll || this.#log.behind)) return
    const at = this.#options.transport.options.clock.now() + wait
    if (this.#nextFill && this.#nextFill.at <= at) return
    this.#nextFill?.cancel()
    const cancel = this.#after(wait, async () => {
      this.#nextFill = undefined
      try {
        await (this.#mustPoll ? this.#log.poll() : this.#log.settle())
        this.#mustPoll = false
        this.#fill(this.#random() * PULL_SPREAD_MS)
      } catch (error) {
        if (error instanceof ForbiddenError) this.#end(error)
        else if (!this.#ending.signal.aborted) this.#fill(backoff(attempt, () => this.#random()), attempt + 1)
      }
    })
    this.#nextFill = { at, cancel }
  }

  async #poll(): Promise<void> {
    if (this.#polling) return
    this.#polling = true
    const { transport: { options: { clock } }, pollMs = 5_000 } = this.#options
    const { signal } = this.#ending
    while (!this.#live && !signal.aborted) {
      try {
        if (this.#wants('changes') && !this.#streaming) {
          await this.#log.poll()
          if (!this.#live && this.#streamable) void this.#stream()
        }
        await this.#pollStatus()
        if (!this.#live && !this.#streaming) this.#setState('polling')
      } catch (error) {
        if (error instanceof ForbiddenError) this.#end(error)
        else if (!this.#live) this.#setState('offline', error)
      }
      await sleep(clock, pollMs * (0.75 + this.#random() / 2), signal).catch(() => undefined)
    }
    this.#polling = false
  }

  /** Beside the polling of the status: changes as server-sent events, for as long as there is no socket. */
  async #stream(): Promise<void> {
    const ending = new AbortController()
    const stop = () => ending.abort()
    this.#ending.signal.addEventListener('abort', stop, { once: true })
    this.#stopStream = stop
    this.#streaming = true
    try {
      const { openChanges } = await import('./change-stream.ts')
      for await (const event of openChanges(this.#options.transport, this.#log.seq ?? 0, ending.signal)) {
        if (this.#live) break
        if (event.type === 'open') this.#setState('streaming')
        else if (event.type === 'frame') this.#log.frame(event)
        else await this.#log.poll()
      }
    } catch (error) {
      if (error instanceof FlowstateError && error.code === 'no_stream') this.#streamable = false
      // Else the next poll tells what is the matter.
    } finally {
      this.#streaming = false
      this.#ending.signal.removeEventListener('abort', stop)
    }
  }

  async #pollStatus(): Promise<void> {
    if (!this.#wants('status') || this.#statusForbidden) return
    try {
      const snapshot = await pollStatus(this.#options.transport, this.#heartbeatMs, this.#ending.signal)
      // The room's own is newer.
      if (!this.#live) this.#tell(snapshot)
    } catch (error) {
      // The room leaves the status out for whoever may not see it; so do we.
      if (!(error instanceof ForbiddenError) || !this.#wants('changes')) throw error
      this.#statusForbidden = true
    }
  }

  #watchSilence() {
    this.#cancelSilence?.()
    if (!this.#wants('changes')) return
    this.#cancelSilence = this.#after(SILENCE_MS * (0.75 + this.#random() / 2), () => {
      this.#log.poll().then((found) => {
        if (found) this.#socket?.reconnect()
        else if (this.#live) this.#watchSilence()
      }, () => this.#socket?.reconnect())
    })
  }

  #wants(channel: Channel): boolean {
    return this.#options.channels.includes(channel)
  }

  #after(ms: number, run: () => void): () => void {
    return this.#options.transport.options.clock.after(ms, () => { if (!this.#ending.signal.aborted) run() })
  }

  #random(): number {
    return this.#options.transport.options.clock.random()
  }

  #setState(state: FeedState, error?: unknown) {
    if (!this.#ending.signal.aborted) this.#options.setState(state, error)
  }

  #end(error: unknown) {
    this.#setState('closed', error)
    this.close()
  }

  #tell(event: FeedEvent) {
    if (this.#ending.signal.aborted) return
    try {
      this.#options.onEvent(event)
    } catch (error) {
      // A listener's fault is reported as an event target reports it, and does not stop the feed.
      queueMicrotask(() => { throw error })
    }
  }
}
