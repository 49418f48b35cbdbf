import { type Change, type Deal, type FeedEvent, type Pipeline, StaleError } from '@flowstate-ai/sdk'
import { html, nothing, type PropertyValues } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { connectionBadge } from '../../internal/connection.ts'
import { cssOf } from '../../internal/css-of.ts'
import { FlowstateElement } from '../../internal/flowstate-element.ts'
import { formatDay, formatMoney } from '../../internal/format.ts'
import type { Handle } from '../../internal/handle.ts'
import { tokens } from '../../styles/tokens.ts'
import { Board, type Column, type Place } from './board.ts'
import { DragController } from './drag.ts'
import { pipelineStyles } from './pipeline.styles.ts'

export interface DealMoveDetail { deal: Deal; from: Place; to: Place }

/** A card with its gap; every card has the same height, so that a column of thousands needs only those in sight. */
const CARD_PX = 94
const OVERSCAN = 4
const PAGE = 100
const EDGE_PX = 56
const SCROLL_STEP_PX = 12
const TOTALS_AFTER_MS = 400
const MOST_IDS = 100

/**
 * @summary The board of a pipeline: deals as cards in the columns of their stages, live, moved by pointer, menu or keyboard.
 * @fires flowstate-deal-move - Before a move; cancelable. `detail: { deal, from, to }`.
 * @fires flowstate-deal-moved - After the server agreed. `detail: { deal, from, to }`.
 * @fires flowstate-error - Something failed. `detail: { error }`.
 * @csspart header - The name, totals and connection.
 * @csspart columns - The scrolling row of columns.
 * @csspart column - One stage.
 * @csspart card - One deal.
 * @csspart connection - How fresh the view is.
 * @cssprop [--flowstate-pipeline-height=640px] - The board's height; columns scroll inside it.
 * @cssprop [--flowstate-accent] - Marks, focus and drop places. All tokens: styles/tokens.ts.
 */
export class FlowstatePipeline extends FlowstateElement {
  static override properties = { pipeline: {}, filters: { attribute: false }, loaded: { state: true }, focused: { state: true }, lifted: { state: true }, menu: { state: true }, message: { state: true }, spoken: { state: true } }
  static override styles = [tokens, pipelineStyles]
  /** The pipeline's id; default: the workspace's first. */
  declare pipeline: string
  /** Filters of `deals.list` that every column gets, such as `{ companyId }`. */
  declare filters: Record<string, string> | null
  protected declare loaded: Pipeline | null
  protected declare focused: string | null
  protected declare lifted: { id: string; from: Place } | null
  protected declare menu: { id: string; x: number; y: number } | null
  protected declare message: string | null
  protected declare spoken: string

  readonly #board = new Board()
  readonly #drag = new DragController(this as never)
  readonly #companies = new Map<string, string>()
  readonly #fetching = new Set<string>()
  #loading = 0
  #totals: ReturnType<typeof setTimeout> | undefined
  #fetch: { ids: Set<string>; timer: ReturnType<typeof setTimeout> | undefined } = { ids: new Set(), timer: undefined }

  constructor() {
    super()
    this.pipeline = ''
    this.filters = null
    this.loaded = null
    this.focused = null
    this.lifted = null
    this.menu = null
    this.message = null
    this.spoken = ''
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#totals)
    clearTimeout(this.#fetch.timer)
    window.removeEventListener('pointerdown', this.#closeMenu)
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    if ((changed.has('pipeline') || changed.has('filters')) && this.hasUpdated && this.handle) this.begin(this.handle)
  }

  protected override begin(handle: Handle): void {
    void this.#load(handle)
  }

  protected override caughtUp(): void {
    if (this.handle) void this.#load(this.handle)
  }

  protected override blank(): void {
    super.blank()
    // What is still being loaded was for who has left.
    this.#loading++
    this.#meanwhile = null
    clearTimeout(this.#totals)
    clearTimeout(this.#fetch.timer)
    this.#totals = undefined
    this.#fetch = { ids: new Set(), timer: undefined }
    this.#board.reset([])
    this.#companies.clear()
    this.#empty = false
    this.#closeMenu()
    this.loaded = null
    this.focused = null
    this.lifted = null
    this.message = null
    this.spoken = ''
  }

  protected override heard(event: FeedEvent): void {
    if (event.type !== 'change') return
    // What is being loaded may have been read before this change: it is taken again when the load is done.
    this.#meanwhile?.push(event.change)
    if (this.loaded) this.#take(event.change)
  }

  #take(change: Change): void {
    const meant = this.#board.apply(change)
    if (meant === 'reload') return this.caughtUp()
    if (meant === 'fetch') this.#fetchSoon(change.id)
    if (change.noun === 'companies' && this.#companies.has(change.id) && typeof change.fields.name?.to === 'string') this.#companies.set(change.id, change.fields.name.to)
    if (change.noun === 'deals') this.#countSoon()
    if (meant !== 'nothing' || change.noun === 'companies') this.requestUpdate()
  }

  async #load({ client }: Handle): Promise<void> {
    const turn = ++this.#loading
    this.#meanwhile = []
    try {
      const pipeline = this.pipeline !== '' ? await client.pipelines.retrieve(this.pipeline) : ((await client.pipelines.list({ limit: 1 })).items[0] ?? null)
      if (turn !== this.#loading) return
      const fresh = new Board()
      fresh.reset(pipeline?.stages ?? [])
      if (pipeline) {
        const summary = client.deals.summary({ pipelineId: pipeline.id, ...this.filters })
        await Promise.all(fresh.columns.map(async ({ stage }) => {
          const { items, nextCursor } = await client.deals.list({ ...this.filters, stageId: stage.id, sort: 'position', limit: PAGE })
          fresh.addPage(stage.id, items, nextCursor)
        }))
        fresh.takeTotals(await summary)
      }
      if (turn !== this.#loading) return
      this.#board.reset(pipeline?.stages ?? [])
      for (const [index, column] of fresh.columns.entries()) {
        this.#board.addPage(column.stage.id, column.deals, column.nextCursor)
        Object.assign(this.#board.columns[index] as Column, { count: column.count, value: column.value })
      }
      this.loaded = pipeline
      this.failure = null
      if (this.loaded === null) this.#empty = true
      const missed = this.#meanwhile ?? []
      this.#meanwhile = null
      for (const change of missed) this.#take(change)
      this.requestUpdate()
    } catch (error) {
      if (turn !== this.#loading) return
      this.#meanwhile = null
      this.complain(error)
    }
  }
  #empty = false
  #meanwhile: Change[] | null = null

  async #more(column: Column): Promise<void> {
    const { handle } = this
    if (!handle || column.nextCursor === null || this.#fetching.has(column.stage.id)) return
    this.#fetching.add(column.stage.id)
    try {
      const { items, nextCursor } = await handle.client.deals.list({ ...this.filters, stageId: column.stage.id, sort: 'position', limit: PAGE, cursor: column.nextCursor })
      this.#board.addPage(column.stage.id, items, nextCursor)
      this.requestUpdate()
    } catch (error) {
      this.complain(error)
    } finally {
      this.#fetching.delete(column.stage.id)
    }
  }

  /** What the feed told too little of, many at once. */
  #fetchSoon(id: string): void {
    this.#fetch.ids.add(id)
    this.#fetch.timer ??= setTimeout(() => void this.#fetchNow(), 50)
  }

  async #fetchNow(): Promise<void> {
    const ids = [...this.#fetch.ids].slice(0, MOST_IDS)
    for (const id of ids) this.#fetch.ids.delete(id)
    this.#fetch.timer = this.#fetch.ids.size > 0 ? setTimeout(() => void this.#fetchNow(), 50) : undefined
    try {
      const found = await this.handle?.client.deals.list({ ...this.filters, id: { in: ids }, limit: MOST_IDS })
      for (const deal of found?.items ?? []) this.#board.put(deal)
      for (const id of ids) if (!found?.items.some((deal) => deal.id === id)) this.#board.remove(id)
      this.requestUpdate()
    } catch (error) {
      this.complain(error)
    }
  }

  #countSoon(): void {
    this.#totals ??= setTimeout(() => {
      this.#totals = undefined
      const { handle, loaded } = this
      if (!handle || !loaded) return
      handle.client.deals.summary({ pipelineId: loaded.id, ...this.filters }).then((summary) => {
        this.#board.takeTotals(summary)
        this.requestUpdate()
      }, (error: unknown) => this.complain(error))
    }, TOTALS_AFTER_MS)
  }

  // Moving

  async #move(id: string, to: Place): Promise<void> {
    const { handle } = this
    const [deal, from] = [this.#board.deal(id), this.#board.placeOf(id)]
    if (!handle || !deal || !from || (from.stageId === to.stageId && from.index === to.index)) return
    const detail: DealMoveDetail = { deal, from, to }
    if (!this.dispatchEvent(new CustomEvent('flowstate-deal-move', { detail, bubbles: true, composed: true, cancelable: true }))) return
    const moved = this.#board.moveTo(id, to)
    if (!moved) return
    this.requestUpdate()
    this.#speak('dropped', id, to)
    try {
      const settled = await this.#send(handle, deal, { stageId: to.stageId, afterId: moved.afterId, beforeId: moved.beforeId })
      this.#board.put(settled)
      this.#countSoon()
      this.dispatchEvent(new CustomEvent('flowstate-deal-moved', { detail: { ...detail, deal: settled }, bubbles: true, composed: true }))
    } catch (error) {
      moved.undo()
      this.message = this.say('refused', { title: deal.title, reason: error instanceof Error ? error.message : String(error) })
      this.#fetchSoon(id)
      this.dispatchEvent(new CustomEvent('flowstate-error', { detail: { error }, bubbles: true, composed: true }))
    }
    this.requestUpdate()
  }

  /** Another hand may have changed the deal meanwhile; only when it moved it too is that a conflict. */
  async #send({ client }: Handle, deal: Deal, to: { stageId: string; afterId: string | null; beforeId: string | null }): Promise<Deal> {
    try {
      return await client.deals.move(deal.id, to, { ifMatch: deal.version })
    } catch (error) {
      if (!(error instanceof StaleError)) throw error
      const now = await client.deals.retrieve(deal.id)
      if (now.stageId !== deal.stageId || now.position !== deal.position) throw error
      return client.deals.move(deal.id, to, { ifMatch: now.version })
    }
  }

  dropCard(id: string, place: Place): void {
    void this.#move(id, place)
  }

  placeAt(x: number, y: number): Place | null {
    const section = this.shadowRoot?.elementsFromPoint(x, y).find((element) => element.matches('section'))
    const stageId = section?.getAttribute('data-stage')
    const cards = section?.querySelector('.cards')
    const column = stageId ? this.#board.column(stageId) : undefined
    if (!stageId || !cards || !column) return null
    const offset = y - cards.getBoundingClientRect().top + cards.scrollTop
    const others = column.deals.filter(({ id }) => id !== this.#drag.dragging).length
    return { stageId, index: Math.max(0, Math.min(others, Math.round(offset / CARD_PX))) }
  }

  scrollNear(x: number, y: number): boolean {
    const columns = this.shadowRoot?.querySelector('.columns')
    const cards = this.shadowRoot?.elementsFromPoint(x, y).find((element) => element.matches('section'))?.querySelector('.cards')
    let scrolled = false
    const nudge = (element: Element | null | undefined, axis: 'x' | 'y', at: number) => {
      if (!element) return
      const box = element.getBoundingClientRect()
      const [low, high] = axis === 'x' ? [box.left, box.right] : [box.top, box.bottom]
      const step = at < low + EDGE_PX ? -SCROLL_STEP_PX : at > high - EDGE_PX ? SCROLL_STEP_PX : 0
      if (step === 0) return
      element.scrollBy(axis === 'x' ? step : 0, axis === 'y' ? step : 0)
      scrolled = true
    }
    nudge(columns, 'x', x)
    nudge(cards, 'y', y)
    return scrolled
  }

  // Keyboard

  #keydown(event: KeyboardEvent, deal: Deal): void {
    if (event.target !== event.currentTarget) return
    const place = this.#board.placeOf(deal.id)
    if (!place) return
    const [side, step] = ARROWS[event.key] ?? [0, 0]
    const across = this.matches(':dir(rtl)') ? -side : side
    if (this.lifted) return this.#carry(event, deal, place, across, step)
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault()
      this.lifted = { id: deal.id, from: place }
      this.#speak('picked', deal.id, place)
      return
    }
    if (event.key.toLowerCase() === 'm') {
      event.preventDefault()
      this.#openMenu(event.currentTarget as HTMLElement, deal.id)
      return
    }
    if (across === 0 && step === 0 && event.key !== 'Home' && event.key !== 'End') return
    event.preventDefault()
    const next = event.key === 'Home' ? { ...place, index: 0 } : event.key === 'End' ? { ...place, index: Number.MAX_SAFE_INTEGER } : this.#neighbour(place, across, step)
    const column = this.#board.column(next.stageId)
    const target = column?.deals[Math.min(next.index, column.deals.length - 1)]
    if (target) void this.#focus(target.id)
  }

  /** While a card is picked up, arrows move it through the board; nothing is sent before it is dropped. */
  #carry(event: KeyboardEvent, deal: Deal, place: Place, across: number, step: number): void {
    const { lifted } = this
    if (!lifted) return
    if (event.key === 'Escape') {
      event.preventDefault()
      this.#board.moveTo(deal.id, lifted.from)
      this.lifted = null
      this.spoken = this.say('putBack', { title: deal.title })
      void this.#focus(deal.id)
      return
    }
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault()
      this.lifted = null
      this.#board.moveTo(deal.id, lifted.from)
      void this.#move(deal.id, place).then(() => this.#focus(deal.id))
      return
    }
    if (across === 0 && step === 0) return
    event.preventDefault()
    const next = this.#neighbour(place, across, step)
    this.#board.moveTo(deal.id, next)
    const reached = this.#board.placeOf(deal.id) ?? next
    this.#speak('over', deal.id, reached)
    this.requestUpdate()
    void this.#focus(deal.id)
  }

  #neighbour({ stageId, index }: Place, across: number, step: number): Place {
    const at = this.#board.columns.findIndex(({ stage }) => stage.id === stageId)
    const { columns } = this.#board
    // Empty columns are passed over by the focus, but a card can be put into them.
    for (let next = at + across; across !== 0 && next >= 0 && next < columns.length; next += across) {
      const column = columns[next]
      if (column && (this.lifted || column.deals.length > 0)) return { stageId: column.stage.id, index: Math.min(index, column.deals.length) }
    }
    return { stageId, index: Math.max(0, Math.min(index + step, (columns[at]?.deals.length ?? 1) - 1)) }
  }

  async #focus(id: string): Promise<void> {
    this.focused = id
    const place = this.#board.placeOf(id)
    const cards = place ? this.shadowRoot?.querySelector(`section[data-stage="${place.stageId}"] .cards`) : null
    if (cards && place) {
      const top = place.index * CARD_PX
      if (top < cards.scrollTop) cards.scrollTop = top
      else if (top + CARD_PX > cards.scrollTop + cards.clientHeight) cards.scrollTop = top + CARD_PX - cards.clientHeight
      this.requestUpdate()
    }
    await this.updateComplete
    const card = this.shadowRoot?.querySelector<HTMLElement>(`[data-id="${id}"]`)
    card?.focus()
    card?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }

  #speak(key: 'picked' | 'over' | 'dropped', id: string, { stageId, index }: Place): void {
    const column = this.#board.column(stageId)
    this.spoken = this.say(key, { title: this.#board.deal(id)?.title ?? '', stage: column?.stage.name ?? '', place: index + 1, count: column?.deals.length ?? 0 })
  }

  // Menu

  #openMenu(anchor: HTMLElement, id: string): void {
    const box = anchor.getBoundingClientRect()
    const [width, height] = [220, Math.min(320, 90 + this.#board.columns.length * 34)]
    const x = Math.max(8, Math.min(this.matches(':dir(rtl)') ? box.left : box.right - width, window.innerWidth - width - 8))
    const y = box.bottom + height > window.innerHeight ? Math.max(8, box.top - height) : box.bottom + 4
    this.menu = { id, x, y }
    this.focused = id
    window.addEventListener('pointerdown', this.#closeMenu)
    void this.updateComplete.then(() => this.shadowRoot?.querySelector<HTMLElement>('.menu button')?.focus())
  }

  readonly #closeMenu = (event?: Event): void => {
    if (event?.composedPath().some((target) => target instanceof HTMLElement && target.classList.contains('menu'))) return
    window.removeEventListener('pointerdown', this.#closeMenu)
    this.menu = null
  }

  #menuKey(event: KeyboardEvent): void {
    const items = [...(this.shadowRoot?.querySelectorAll<HTMLElement>('.menu button') ?? [])]
    const at = items.indexOf(this.shadowRoot?.activeElement as HTMLElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key]
    if (to !== undefined) {
      event.preventDefault()
      items.at(to % items.length)?.focus()
    }
    if (event.key !== 'Escape' && event.key !== 'Tab') return
    event.preventDefault()
    const id = this.menu?.id
    this.#closeMenu()
    if (id) void this.#focus(id)
  }

  #choose(id: string, to: Place): void {
    this.#closeMenu()
    void this.#move(id, to).then(() => this.#focus(id))
  }

  // Rendering

  protected override render() {
    if (this.failure !== null && !this.loaded) {
      return html`<div class="notice" role="alert"><span>${this.say('failed')} ${this.failure}</span><button class="plain" @click=${() => this.caughtUp()}>${this.say('retry')}</button></div>`
    }
    if (!this.loaded) return html`<div class="notice" role="status">${this.say(this.#empty ? 'noPipeline' : this.absence)}</div>`
    const { columns } = this.#board
    const open = columns.filter(({ stage }) => stage.kind === 'open')
    const count = open.reduce((sum, stage) => sum + stage.count, 0)
    const total = open.flatMap(({ value }) => value).reduce((sums, { amount, currency }) => sums.set(currency, (sums.get(currency) ?? 0) + amount), new Map<string, number>())
    return html`
      <div class="frame">
        <header part="header">
          <h2 dir="auto">${this.loaded.name}</h2>
          <span class="totals"><bdi>${this.say(count === 1 ? 'oneDeal' : 'deals', { count: new Intl.NumberFormat(this.locale).format(count) })}</bdi>${[...total].map(([currency, amount]) => html` · <bdi>${formatMoney({ amount, currency }, this.locale, true)}</bdi>`)}</span>
          ${connectionBadge(this.connection, (key, values) => this.say(key, values), this.locale)}
        </header>
        <div class="columns" part="columns" role="group" aria-label=${this.say('board', { name: this.loaded.name })}>
          ${repeat(columns, ({ stage }) => stage.id, (column) => this.#column(column))}
        </div>
        ${this.message === null ? nothing : html`<div class="toast" role="alert"><span>${this.message}</span><button class="plain" @click=${() => { this.message = null }}>${this.say('dismiss')}</button></div>`}
        ${this.#menu()}
        <p class="visually-hidden" id="help">${this.say('cardHelp')}</p>
        <div class="visually-hidden" aria-live="assertive">${this.spoken}</div>
      </div>`
  }

  #column(column: Column) {
    const { stage, deals, count, value } = column
    const cards = this.shadowRoot?.querySelector(`section[data-stage="${stage.id}"] .cards`)
    const [top, height] = [cards?.scrollTop ?? 0, cards?.clientHeight || window.innerHeight]
    const first = Math.max(0, Math.floor(top / CARD_PX) - OVERSCAN)
    const last = Math.min(deals.length, Math.ceil((top + height) / CARD_PX) + OVERSCAN)
    const shown = deals.slice(first, last)
    if (last >= deals.length && column.nextCursor !== null) void this.#more(column)
    this.#nameCompanies(shown)
    const target = this.#drag.place?.stageId === stage.id ? this.#drag.place.index : null
    return html`
      <section part="column" data-stage=${stage.id} class=${target === null ? '' : 'target'} aria-label=${this.say('column', { stage: stage.name, count })}>
        <div class="column-head">
          <span class="stage-mark ${stage.kind}" aria-hidden="true"></span><h3 dir="auto">${stage.name}</h3><span class="count">${new Intl.NumberFormat(this.locale).format(count)}</span>
          <span class="sum">${value.map((money) => formatMoney(money, this.locale, true)).join(' · ')}</span>
        </div>
        <div class="cards" role="list" aria-label=${stage.name} tabindex="-1" @scroll=${() => this.requestUpdate()}>
          <div role="presentation" ${cssOf({ 'block-size': `${first * CARD_PX}px` })}></div>
          ${repeat(shown, ({ id }) => id, (deal, index) => html`${this.#line(target, deals, first + index)}${this.#card(deal, first + index)}`)}
          ${target !== null && target >= deals.filter(({ id }) => id !== this.#drag.dragging).length && deals.length > 0 ? html`<div class="drop-line" role="presentation"></div>` : nothing}
          ${deals.length === 0 && column.loaded ? html`<div class="empty" role="listitem">${this.say('emptyStage')}</div>` : nothing}
          <div role="presentation" ${cssOf({ 'block-size': `${(deals.length - last) * CARD_PX}px` })}></div>
        </div>
      </section>`
  }

  /** Where a dragged card would go, counted without the card itself. */
  #line(target: number | null, deals: readonly Deal[], index: number) {
    if (target === null) return nothing
    const dragged = deals.findIndex(({ id }) => id === this.#drag.dragging)
    const own = dragged >= 0 && index > dragged ? index - 1 : index
    return own === target && index !== dragged ? html`<div class="drop-line" role="presentation"></div>` : nothing
  }

  #card(deal: Deal, index: number) {
    const tabbable = this.focused === null || !this.#board.placeOf(this.focused) ? index === 0 && deal.stageId === this.#board.columns.find(({ deals }) => deals.length > 0)?.stage.id : this.focused === deal.id
    const overdue = deal.status === 'open' && deal.expectedCloseDate !== null && deal.expectedCloseDate < new Date(this.handle?.now() ?? Date.now()).toISOString().slice(0, 10)
    const classes = `card${this.lifted?.id === deal.id ? ' lifted' : ''}${this.#drag.dragging === deal.id ? ' dragged' : ''}`
    return html`
      <div class=${classes} part="card" role="listitem" data-id=${deal.id} tabindex=${tabbable ? 0 : -1} aria-describedby="help"
        @pointerdown=${(event: PointerEvent) => this.#drag.press(event, deal.id)} @keydown=${(event: KeyboardEvent) => this.#keydown(event, deal)} @focus=${() => { this.focused = deal.id }}>
        <div class="first"><div class="title" dir="auto">${deal.title}</div></div>
        <div class="company" dir="auto">${deal.companyId ? (this.#companies.get(deal.companyId) ?? ' ') : ' '}</div>
        <div class="meta">
          ${deal.value ? html`<span class="value">${formatMoney(deal.value, this.locale)}</span>` : html`<span class="value none">${this.say('noValue')}</span>`}
          ${deal.expectedCloseDate && deal.status === 'open' ? html`<time class=${overdue ? 'overdue' : ''} datetime=${deal.expectedCloseDate} title=${this.say(overdue ? 'overdue' : 'closes', { date: formatDay(deal.expectedCloseDate, this.locale) })}>${formatDay(deal.expectedCloseDate, this.locale)}</time>` : nothing}
        </div>
        <button class="more" tabindex="-1" aria-label=${this.say('move', { title: deal.title })} aria-haspopup="menu" aria-expanded=${this.menu?.id === deal.id ? 'true' : 'false'} @click=${(event: Event) => this.#openMenu(event.currentTarget as HTMLElement, deal.id)}>
          <svg width="14" height="14" viewBox="0 0 14 14" fill="currentColor" aria-hidden="true"><circle cx="2.5" cy="7" r="1.3"></circle><circle cx="7" cy="7" r="1.3"></circle><circle cx="11.5" cy="7" r="1.3"></circle></svg>
        </button>
      </div>`
  }

  #menu() {
    const { menu } = this
    const place = menu ? this.#board.placeOf(menu.id) : null
    const column = place ? this.#board.column(place.stageId) : undefined
    if (!menu || !place || !column) return nothing
    const title = this.#board.deal(menu.id)?.title ?? ''
    const item = (words: string, to: Place, kind: string | null) => html`<button role="menuitem" tabindex="-1" @click=${() => this.#choose(menu.id, to)}>${kind === null ? nothing : html`<span class="stage-mark ${kind}" aria-hidden="true"></span>`}${words}</button>`
    return html`
      <div class="menu" role="menu" aria-label=${this.say('move', { title })} @keydown=${(event: KeyboardEvent) => this.#menuKey(event)} ${cssOf({ transform: `translate(${menu.x}px, ${menu.y}px)` })}>
        <p role="presentation">${this.say('moveTo')}</p>
        ${this.#board.columns.filter((other) => other !== column).map((other) => item(other.stage.name, { stageId: other.stage.id, index: 0 }, other.stage.kind))}
        <hr>
        ${item(this.say('toTop', { stage: column.stage.name }), { stageId: place.stageId, index: 0 }, null)}
        ${item(this.say('toBottom', { stage: column.stage.name }), { stageId: place.stageId, index: column.deals.length }, null)}
      </div>`
  }

  /** Names of companies that have come into sight, many in one request. */
  #nameCompanies(deals: readonly Deal[]): void {
    const unknown = [...new Set(deals.flatMap(({ companyId }) => (companyId !== null && !this.#companies.has(companyId) ? [companyId] : [])))].slice(0, MOST_IDS)
    if (unknown.length === 0 || !this.handle) return
    for (const id of unknown) this.#companies.set(id, '')
    this.handle.client.companies.list({ id: { in: unknown }, limit: MOST_IDS, archived: 'any' }).then(({ items }) => {
      for (const { id, name } of items) this.#companies.set(id, name)
      this.requestUpdate()
    }, () => { for (const id of unknown) this.#companies.delete(id) })
  }
}

const ARROWS: Record<string, [across: number, step: number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

declare global {
  interface HTMLElementTagNameMap { 'flowstate-pipeline': FlowstatePipeline }
  interface HTMLElementEventMap {
    'flowstate-deal-move': CustomEvent<DealMoveDetail>
    'flowstate-deal-moved': CustomEvent<DealMoveDetail>
  }
}
