import type { AuditEntry, Scope } from '@flowstate-ai/sdk'
import { html, nothing } from 'lit'
import { Paged } from './paged.ts'
import { chip, code, listOf, rowOf, timeOf } from './parts.ts'
import { type Around, Section } from './section.ts'

const PAGE = 50
const SHOWN_OF_HASH = 12

/** Who changed who may do what, took data out, or was refused; newest first. */
export class AuditSection extends Section {
  readonly scope: Scope = 'admin'
  readonly #entries: Paged<AuditEntry>
  /** Events that have been seen, to choose from. */
  readonly #events = new Set<string>(['denied'])
  #event = ''

  constructor(around: Around) {
    super(around)
    this.#entries = new Paged(async (cursor) => {
      const { items, to } = await around.client.audit.list({ sort: '-seq', limit: PAGE, ...(cursor === undefined ? {} : { before: Number(cursor) }), ...(this.#event === '' ? {} : { event: this.#event }) })
      for (const { event } of items) this.#events.add(event)
      return { items, nextCursor: items.length < PAGE || to <= 1 ? null : String(to) }
    }, around)
  }

  begin(): void {
    void this.#entries.load()
  }

  render() {
    const { tell } = this.around
    return html`
      <div class="head">
        <label class="search"><span>${tell('filterEvent')}</span><input type="search" list="events" dir="ltr" autocomplete="off" placeholder=${tell('filterHint')} .value=${this.#event} @change=${(event: Event) => this.#choose((event.target as HTMLInputElement).value)}></label>
        <datalist id="events">${[...this.#events].toSorted().map((event) => html`<option value=${event}></option>`)}</datalist>
        <button type="button" class="plain" @click=${() => void this.#entries.load()}>${tell('refresh')}</button>
      </div>
      <div>${listOf(this.around, this.#entries, { label: tell('audit'), empty: this.#event === '' ? tell('noAudit') : tell('noAuditOf', { event: this.#event }), key: ({ seq }) => String(seq), row: (entry) => this.#entry(entry) })}</div>
      <p class="note">${tell('chained')}</p>`
  }

  #entry({ seq, at, event, actor, subject, details, requestId, hash }: AuditEntry) {
    const { tell } = this.around
    const why = typeof details.why === 'string' ? details.why : Object.keys(details).length > 0 ? code(JSON.stringify(details)) : nothing
    return rowOf(this.around, {
      name: code(event), spoken: event, chips: event === 'denied' ? chip(tell('refused'), 'bad') : nothing,
      facts: [
        timeOf(this.around, at), html`<bdi>${tell('by', { name: actor.name })}</bdi> ${chip(actor.kind)}`, subject === null ? nothing : code(subject), why,
        tell('entry', { seq }), tell('requestId', { id: requestId }), html`<span title=${hash}>${tell('hash', { hash: hash.slice(0, SHOWN_OF_HASH) })}</span>`,
      ],
    })
  }

  #choose(event: string): void {
    this.#event = event.trim()
    void this.#entries.load()
  }
}
