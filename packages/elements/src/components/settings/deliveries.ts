import type { Delivery, DeliveryState } from '@flowstate-ai/sdk'
import { html, nothing } from 'lit'
import { Paged } from './paged.ts'
import { chip, code, listOf, rowOf, timeOf, withTime } from './parts.ts'
import type { Around } from './section.ts'

const PAGE = 20
const STATES = { delivered: 'delivered', dead: 'died', pending: 'pending' } as const satisfies Record<DeliveryState, string>
const KINDS = { delivered: 'good', dead: 'bad', pending: 'warn' } as const satisfies Record<DeliveryState, string>

/** What was sent to one webhook, newest first: what came of it, and once more by button. */
export class Deliveries {
  readonly #around: Around
  readonly #name: string
  readonly #list: Paged<Delivery>
  #state: DeliveryState | null = null

  constructor(around: Around, webhookId: string, name: string) {
    this.#around = around
    this.#name = name
    this.#list = new Paged((cursor) => around.client.deliveries.list({ webhookId, cursor, limit: PAGE, ...(this.#state === null ? {} : { state: this.#state }) }), around)
  }

  begin(): void {
    void this.#list.load()
  }

  render() {
    const { tell } = this.#around
    return html`
      <div class="below">
        <div class="head">
          <label class="search"><span>${tell('showDeliveries')}</span>
            <select @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value)}>
              <option value="">${tell('allDeliveries')}</option>
              ${Object.entries(STATES).map(([state, words]) => html`<option value=${state} ?selected=${state === this.#state}>${tell(words)}</option>`)}
            </select>
          </label>
          <button type="button" class="plain" @click=${() => this.begin()}>${tell('refresh')}</button>
        </div>
        ${listOf(this.#around, this.#list, { label: tell('deliveriesOf', { name: this.#name }), empty: tell('noDeliveries'), key: ({ id }) => id, row: (delivery) => this.#delivery(delivery) })}
      </div>`
  }

  #delivery(delivery: Delivery) {
    const { tell } = this.#around
    const { id, type, state, createdAt, tries, attempts, error, nextAttemptAt, recordId } = delivery
    const last = attempts.at(-1)
    const wrong = state === 'delivered' ? null : (error ?? last?.error ?? (last?.status == null ? null : tell('answeredWith', { status: last.status })))
    return rowOf(this.#around, {
      name: code(type), spoken: `${type} ${id}`, chips: chip(tell(STATES[state]), KINDS[state]),
      facts: [
        timeOf(this.#around, createdAt), recordId === null ? nothing : code(recordId), tell('tries', { count: tries }),
        state === 'delivered' && last?.status != null ? tell('answeredWith', { status: last.status }) : nothing,
        wrong === null ? nothing : html`<bdi class="bad">${wrong}</bdi>`, state === 'pending' && nextAttemptAt !== null ? withTime(this.#around, 'nextTry', nextAttemptAt) : nothing,
      ],
      actions: [{ words: tell('replay'), run: () => this.#replay(id) }],
    })
  }

  #choose(state: string): void {
    this.#state = Object.hasOwn(STATES, state) ? (state as DeliveryState) : null
    this.begin()
  }

  #replay(id: string): void {
    const { tell, client, perform, announce, attempt } = this.#around
    void attempt(async () => {
      const again = await perform({ operation: 'deliveries.replay', id }, () => client.deliveries.replay(id))
      if (!again) return
      this.#list.replace((delivery) => delivery.id === id, again)
      announce(tell('replayed'))
    })
  }
}
