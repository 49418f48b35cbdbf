import type { Agent, FeedEvent, Key, Scope } from '@flowstate-ai/sdk'
import { StatusBoard } from '@flowstate-ai/sdk/status-board'
import { html, nothing } from 'lit'
import { endField, endIn, keyRow, scopesIn } from './keys.ts'
import { Paged } from './paged.ts'
import { chip, listOf, rowOf, withTime } from './parts.ts'
import { scopeChoices } from './permissions.ts'
import { type Around, Section } from './section.ts'

/** Who works on tasks, how fresh they are, and the tokens by which they are who they are. */
export class AgentsSection extends Section {
  readonly scope: Scope = 'agents:read'
  readonly #agents: Paged<Agent>
  readonly #board = new StatusBoard()
  /** Who signed on meanwhile, and was looked for. */
  readonly #met = new Set<string>()
  /** Of the agents that are opened. */
  readonly #tokens = new Map<string, Paged<Key>>()

  constructor(around: Around) {
    super(around)
    this.#agents = new Paged((cursor) => around.client.agents.list({ cursor }), around)
  }

  begin(): void {
    void this.#agents.load()
    for (const tokens of this.#tokens.values()) void tokens.load()
  }

  override heard(event: FeedEvent): boolean {
    if (!this.#board.apply(event)) return false
    const { items, known, more } = this.#agents
    const strange = [...this.#board.agents.keys()].filter((id) => !this.#met.has(id) && !items.some((agent) => agent.id === id))
    if (!known || strange.length === 0) return true
    for (const id of strange) this.#met.add(id)
    // Where there are more than are shown, they come with their page.
    if (!more) void this.#agents.load()
    return true
  }

  render() {
    const { tell } = this.around
    return html`<div>${listOf(this.around, this.#agents, { label: tell('settingsAgents'), empty: tell('noAgentsYet'), key: ({ id }) => id, row: (agent) => this.#agent(agent) })}</div>`
  }

  #agent(agent: Agent) {
    const { say, tell, can, now } = this.around
    const live = this.#board.agents.get(agent.id)
    const { status, lastSeenAt, kinds } = live ?? agent
    const stale = live ? this.#board.isStale(live, now()) : agent.stale
    const tokens = this.#tokens.get(agent.id)
    return rowOf(this.around, {
      name: agent.name, spoken: agent.name,
      chips: stale ? chip(say('stale'), 'bad') : status === 'offline' ? chip(say('offlineAgent')) : chip(say(status), 'good'),
      facts: [tell('takes', { kinds: kinds.join(', ') }), withTime(this.around, 'seenAt', lastSeenAt), agent.description ?? nothing],
      actions: can('admin') ? [{ words: tell('tokens'), pressed: tokens !== undefined, run: () => this.#toggle(agent) }, { words: tell('newToken'), run: () => this.#create(agent) }] : [],
      below: tokens ? html`<div class="below">${listOf(this.around, tokens, { label: tell('tokensOf', { name: agent.name }), empty: tell('noTokens'), key: ({ id }) => id, row: (key) => keyRow(this.around, key, tokens) })}</div>` : nothing,
    })
  }

  #toggle(agent: Agent): void {
    if (this.#tokens.delete(agent.id)) return this.around.update()
    this.#open(agent)
  }

  #open({ id }: Agent): Paged<Key> {
    const opened = this.#tokens.get(id) ?? new Paged((cursor) => this.around.client.keys.list({ agentId: id, cursor }), this.around)
    this.#tokens.set(id, opened)
    void opened.load()
    return opened
  }

  #create(agent: Agent): void {
    const { tell, client, perform } = this.around
    this.around.ask({
      title: tell('newTokenFor', { name: agent.name }), text: tell('newTokenText'), submit: tell('create'),
      fields: [
        { type: 'text', name: 'name', label: tell('name'), value: agent.name, required: true },
        { type: 'choices', name: 'scopes', label: tell('scopes'), required: true, choices: scopeChoices(this.around, ['crm:read', 'agents:read', 'tasks:work'], { ofAgents: true }) },
        { type: 'choices', name: 'kinds', label: tell('tokenKinds'), required: true, choices: agent.kinds.map((kind) => ({ value: kind, words: kind, chosen: true })) },
        endField(this.around),
      ],
      send: async (answer) => {
        const made = await perform({ operation: 'keys.createForAgent', id: agent.id }, () => client.keys.createForAgent(agent.id, {
          name: String(answer.get('name')), scopes: scopesIn(answer).filter((scope) => scope !== 'admin' && scope !== 'agents:operate'), kinds: answer.getAll('kinds').map(String), expiresAt: endIn(answer),
        }))
        if (!made) return
        this.#open(agent)
        return { title: tell('tokenMade', { name: made.name }), text: tell('keepSecret'), label: tell('secret'), secret: made.secret }
      },
    })
  }
}
