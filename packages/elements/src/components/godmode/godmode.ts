import type { AgentPresence, FeedEvent, TaskStatus } from '@flowstate-ai/sdk'
import { StatusBoard } from '@flowstate-ai/sdk/status-board'
import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { connectionBadge } from '../../internal/connection.ts'
import { FlowstateElement } from '../../internal/flowstate-element.ts'
import { formatAgo } from '../../internal/format.ts'
import type { Handle } from '../../internal/handle.ts'
import type { Labels } from '../../internal/labels.ts'
import { tokens } from '../../styles/tokens.ts'
import { godmodeStyles } from './godmode.styles.ts'

type Verb = 'pause' | 'resume' | 'cancel' | 'retry'
const TICK_MS = 1_000
const MOST_WAITING = 8
const MOST_RECENT = 12
const VERBS: Partial<Record<TaskStatus['state'], Verb[]>> = { running: ['pause', 'cancel'], queued: ['pause', 'cancel'], scheduled: ['pause', 'cancel'], paused: ['resume', 'cancel'], dead: ['retry'], cancelled: ['retry'] }
const WORDS: Record<Verb, keyof Labels> = { pause: 'pause', resume: 'resume', cancel: 'cancel', retry: 'again' }

/**
 * @summary What the workspace's agents are doing, live: who is there and how fresh, tasks with their progress, counters, and controls.
 * @fires flowstate-error - Something failed. `detail: { error }`.
 * @csspart header - The name and the connection.
 * @csspart counters - The row of numbers.
 * @csspart agent - One agent.
 * @csspart task - One task.
 * @csspart connection - How fresh the view is.
 * @cssprop [--flowstate-accent] - Progress and marks. All tokens: styles/tokens.ts.
 */
export class FlowstateGodmode extends FlowstateElement {
  static override properties = { operates: { state: true }, known: { state: true }, trouble: { state: true } }
  static override styles = [tokens, godmodeStyles]
  protected declare operates: boolean
  protected declare known: boolean
  protected declare trouble: string | null
  #board = new StatusBoard()
  #ticking: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    this.operates = false
    this.known = false
    this.trouble = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    // Freshness follows from the clock, not from a message: a vanished agent sends none.
    this.#ticking = setInterval(() => { if (document.visibilityState === 'visible') this.requestUpdate() }, TICK_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#ticking)
  }

  protected override begin(handle: Handle): void {
    handle.whoami().then(({ scopes }) => {
      if (handle !== this.handle) return
      this.operates = scopes.includes('agents:operate')
      this.failure = scopes.includes('agents:read') ? null : this.say('failed')
    }, (error: unknown) => { if (handle === this.handle) this.complain(error) })
  }

  protected override caughtUp(): void {
    this.requestUpdate()
  }

  protected override blank(): void {
    super.blank()
    this.#board = new StatusBoard()
    this.known = false
    this.operates = false
    this.trouble = null
  }

  protected override heard(event: FeedEvent): void {
    if (!this.#board.apply(event)) return
    this.known = true
    this.failure = null
    this.requestUpdate()
  }

  async #operate(task: TaskStatus, verb: Verb): Promise<void> {
    this.trouble = null
    try {
      await this.handle?.client.tasks[verb](task.id)
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error)
      this.dispatchEvent(new CustomEvent('flowstate-error', { detail: { error }, bubbles: true, composed: true }))
    }
  }

  protected override render() {
    const now = this.handle?.now() ?? Date.now()
    const badge = connectionBadge(this.connection, (key, values) => this.say(key, values), this.locale)
    if (!this.known) {
      return html`<div class="notice" role=${this.failure === null ? 'status' : 'alert'}>${this.failure ?? this.say(this.absence)}${this.handle ? badge : nothing}</div>`
    }
    const tasks = [...this.#board.tasks.values()]
    const among = (...states: TaskStatus['state'][]) => tasks.filter(({ state }) => states.includes(state))
    const running = among('running').sort((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? -1 : 1))
    const waiting = among('queued', 'scheduled', 'paused').sort((a, b) => b.priority - a.priority || (a.runAt < b.runAt ? -1 : 1)).slice(0, MOST_WAITING)
    const recent = among('succeeded', 'dead', 'cancelled').sort((a, b) => (a.updatedAt > b.updatedAt ? -1 : 1)).slice(0, MOST_RECENT)
    const agents = [...this.#board.agents.values()].sort((a, b) => a.name.localeCompare(b.name, this.locale))
    return html`
      <div class="frame">
        <header part="header"><h2>${this.say('agents')}</h2>${badge}</header>
        ${this.#counters(agents.filter((agent) => this.#board.isStale(agent, now)).length)}
        ${this.trouble === null ? nothing : html`<div class="trouble" role="alert">${this.trouble}</div>`}
        <div class="halves">
          <section aria-label=${this.say('agents')}>
            <h3>${this.say('agents')}</h3>
            ${agents.length === 0 ? html`<div class="nothing">${this.say('noAgents')}</div>` : html`<ul>${repeat(agents, ({ id }) => id, (agent) => this.#agent(agent, running, now))}</ul>`}
          </section>
          <div class="groups">
            ${this.#group('underWay', running, (task) => this.#running(task), this.say('noTasks'))}
            ${waiting.length === 0 ? nothing : this.#group('waiting', waiting, (task) => this.#compact(task, now))}
            ${recent.length === 0 ? nothing : this.#group('recent', recent, (task) => this.#compact(task, now))}
          </div>
        </div>
      </div>`
  }

  #counters(stale: number) {
    const { stats } = this.#board
    if (!stats) return nothing
    const number = new Intl.NumberFormat(this.locale)
    const rows: [keyof Labels, number, boolean?][] = [
      ['countRunning', stats.tasks.running], ['countQueued', stats.tasks.queued + stats.tasks.scheduled], ['countDone', stats.lastHour.succeeded],
      ['countFailed', stats.lastHour.dead, stats.lastHour.dead > 0], ['countStale', stale, stale > 0], ['countChanges', stats.lastHour.changes],
    ]
    return html`<dl class="counters" part="counters">${rows.map(([label, value, bad = false]) => html`<div class=${bad ? 'bad' : ''}><dt>${this.say(label)}</dt><dd>${number.format(value)}</dd></div>`)}</dl>`
  }

  #agent(agent: AgentPresence, running: readonly TaskStatus[], now: number) {
    const stale = this.#board.isStale(agent, now)
    const own = running.find(({ agentId }) => agentId === agent.id)
    const state = stale ? 'stale' : agent.status
    const words = stale ? this.say('stale') : this.say(agent.status === 'offline' ? 'offlineAgent' : agent.status)
    const ago = formatAgo(now - Date.parse(agent.lastSeenAt), this.locale)
    return html`
      <li class="agent ${state}" part="agent">
        <span class="face" aria-hidden="true">${initials(agent.name)}</span>
        <span class="name" dir="auto">${agent.name}</span>
        <span class="state">${words}</span>
        <span class="doing" dir="auto">${state === 'working' && own ? (own.message ?? wordsOf(own.kind)) : this.say('seen', { ago })}</span>
      </li>`
  }

  #group(label: keyof Labels, tasks: readonly TaskStatus[], row: (task: TaskStatus) => unknown, empty = '') {
    return html`<section aria-label=${this.say(label)}><h3>${this.say(label)}</h3>${tasks.length === 0 ? html`<div class="nothing">${empty}</div>` : html`<ul>${repeat(tasks, ({ id }) => id, row)}</ul>`}</section>`
  }

  #running(task: TaskStatus) {
    const percent = task.progress === null ? null : Math.round(task.progress * 100)
    return html`
      <li class="task" part="task">
        <div class="line"><span class="kind">${wordsOf(task.kind)}</span><span class="who">${this.#nameOf(task.agentId)}</span><span class="percent">${percent === null ? '' : new Intl.NumberFormat(this.locale, { style: 'percent' }).format(percent / 100)}</span></div>
        <progress max="100" .value=${percent ?? 0} aria-label=${wordsOf(task.kind)}></progress>
        <div class="line"><span class="message" dir="auto">${task.message ?? ''}${task.attempts > 1 ? html` · ${this.say('attempt', { attempt: task.attempts, most: task.maxAttempts })}` : nothing}</span>${this.#controls(task)}</div>
      </li>`
  }

  #compact(task: TaskStatus, now: number) {
    const finished = task.finishedAt !== null
    const when = finished ? formatAgo(now - Date.parse(task.finishedAt ?? task.updatedAt), this.locale) : ''
    const words: Partial<Record<TaskStatus['state'], keyof Labels>> = { succeeded: 'done', dead: 'dead', cancelled: 'cancelled', queued: 'queued', scheduled: 'scheduled', paused: 'paused' }
    return html`
      <li class="task compact" part="task">
        <div class="line"><span class="kind">${wordsOf(task.kind)}</span><span class="who">${this.#nameOf(task.agentId)}</span>${this.#controls(task)}</div>
        <span class="badge ${task.state}">${this.say(words[task.state] ?? 'running')}${when === '' ? nothing : html` · ${when}`}</span>
        ${task.error !== null && (task.state === 'dead' || task.state === 'scheduled') ? html`<div class="error" dir="auto">${task.error}</div>` : nothing}
      </li>`
  }

  #controls(task: TaskStatus) {
    const verbs = this.operates ? (VERBS[task.state] ?? []) : []
    if (verbs.length === 0) return nothing
    return html`<span class="controls">${verbs.map((verb) => html`<button aria-label=${this.say('controls', { verb: this.say(WORDS[verb]), kind: wordsOf(task.kind) })} @click=${() => void this.#operate(task, verb)}>${this.say(WORDS[verb])}</button>`)}</span>`
  }

  #nameOf(agentId: string | null): string {
    return agentId === null ? '' : (this.#board.agents.get(agentId)?.name ?? '')
  }
}

/** `next-best-actions` as people say it. */
const wordsOf = (kind: string): string => kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll('-', ' ')
const initials = (name: string): string => name.split(/\s+/).slice(0, 2).map((word) => word.charAt(0).toUpperCase()).join('')

declare global {
  interface HTMLElementTagNameMap { 'flowstate-godmode': FlowstateGodmode }
}
