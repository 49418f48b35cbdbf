import type { LedgeredNoun, NewWebhook, Scope, Webhook, WebhookEvent } from '@flowstate-ai/sdk'
import { html, nothing } from 'lit'
import { Deliveries } from './deliveries.ts'
import type { Field } from './fields.ts'
import { Paged } from './paged.ts'
import { chip, listOf, rowOf, withTime } from './parts.ts'
import { type Around, Section } from './section.ts'

const NOUNS = Object.keys({ companies: 1, customers: 1, deals: 1, interactions: 1, reminders: 1, pipelines: 1, stages: 1, fields: 1, tags: 1, views: 1 } satisfies Record<LedgeredNoun, 1>) as LedgeredNoun[]

/** Where changes are sent to, and what became of what was sent. */
export class WebhooksSection extends Section {
  readonly scope: Scope = 'admin'
  readonly #webhooks: Paged<Webhook>
  /** Of the webhooks that are opened. */
  readonly #deliveries = new Map<string, Deliveries>()

  constructor(around: Around) {
    super(around)
    this.#webhooks = new Paged((cursor) => around.client.webhooks.list({ cursor }), around)
  }

  begin(): void {
    void this.#webhooks.load()
    for (const deliveries of this.#deliveries.values()) deliveries.begin()
  }

  render() {
    const { tell } = this.around
    return html`
      <div class="head"><button type="button" class="primary" @click=${() => this.#create()}>${tell('newWebhook')}</button></div>
      <div>${listOf(this.around, this.#webhooks, { label: tell('webhooks'), empty: tell('noWebhooks'), key: ({ id }) => id, row: (webhook) => this.#webhook(webhook) })}</div>`
  }

  #webhook(webhook: Webhook) {
    const { tell } = this.around
    const { id, url, description, enabled, events, failures, lastDeliveredAt } = webhook
    const name = description ?? url
    const deliveries = this.#deliveries.get(id)
    return rowOf(this.around, {
      name, spoken: name, ended: !enabled, chips: stateOf(this.around, webhook),
      facts: [
        description === null ? nothing : html`<bdi>${url}</bdi>`,
        events.length === 0 ? tell('everyChange') : events.map((event) => (event.fields || event.ops ? `${event.noun} (${tell('someFields')})` : event.noun)).join(', '),
        lastDeliveredAt === null ? tell('neverDelivered') : withTime(this.around, 'lastDelivered', lastDeliveredAt),
        failures > 0 ? html`<span class="bad">${tell('failures', { count: failures })}</span>` : nothing,
      ],
      actions: [
        { words: tell('deliveries'), pressed: deliveries !== undefined, run: () => this.#toggle(id, name) },
        ...(enabled ? [{ words: tell('test'), run: () => this.#test(id, name) }] : []),
        { words: tell('change'), run: () => this.#change(webhook, name) },
        { words: tell(enabled ? 'switchOff' : 'switchOn'), run: () => this.#switch(webhook) },
        { words: tell('rotate'), run: () => this.#rotate(id, name) },
        { words: tell('remove'), grave: true, run: () => this.#remove(id, name) },
      ],
      below: deliveries?.render() ?? nothing,
    })
  }

  #put(webhook: Webhook): void {
    this.#webhooks.replace(({ id }) => id === webhook.id, webhook)
  }

  #toggle(id: string, name: string): void {
    if (this.#deliveries.delete(id)) return this.around.update()
    this.#open(id, name)
  }

  #open(id: string, name: string): void {
    const opened = this.#deliveries.get(id) ?? new Deliveries(this.around, id, name)
    this.#deliveries.set(id, opened)
    opened.begin()
  }

  #create(): void {
    const { tell, client, perform } = this.around
    this.around.ask({
      title: tell('newWebhook'), text: tell('newWebhookText'), submit: tell('create'), fields: this.#fields(null),
      send: async (answer) => {
        const made = await perform({ operation: 'webhooks.create', id: null }, () => client.webhooks.create(draftIn(answer)))
        if (!made) return
        const { secret, ...webhook } = made
        this.#webhooks.prepend(webhook)
        return { title: tell('webhookMade'), text: tell('webhookSecret'), label: tell('secret'), secret }
      },
    })
  }

  #change(webhook: Webhook, name: string): void {
    const { tell, client, perform, announce } = this.around
    this.around.ask({
      title: tell('changeMember', { name }), submit: tell('save'), fields: this.#fields(webhook),
      send: async (answer) => {
        const { events, ...rest } = draftIn(answer)
        const changed = await perform({ operation: 'webhooks.update', id: webhook.id }, () => client.webhooks.update(webhook.id, isFine(webhook.events) ? rest : { ...rest, events }))
        if (!changed) return
        this.#put(changed)
        announce(tell('saved', { name: changed.description ?? changed.url }))
      },
    })
  }

  /** What was chosen field by field is not shown as boxes of nouns, which could not hold it. */
  #fields(webhook: Webhook | null): Field[] {
    const { tell } = this.around
    const fine = webhook !== null && isFine(webhook.events)
    return [
      { type: 'url', name: 'url', label: tell('url'), value: webhook?.url ?? '', hint: tell('urlHint'), required: true },
      { type: 'text', name: 'description', label: tell('description'), value: webhook?.description ?? '', ...(fine ? { hint: tell('finelyChosen') } : {}) },
      ...(fine ? [] : [{ type: 'choices' as const, name: 'events', label: tell('tellOf'), hint: tell('tellOfHint'), choices: NOUNS.map((noun) => ({ value: noun, words: noun, chosen: webhook?.events.some((event) => event.noun === noun) ?? false })) }]),
    ]
  }

  #switch({ id, enabled }: Webhook): void {
    const { tell, client, perform, announce, attempt } = this.around
    void attempt(async () => {
      const changed = await perform({ operation: 'webhooks.update', id }, () => client.webhooks.update(id, { enabled: !enabled }))
      if (!changed) return
      this.#put(changed)
      announce(tell(changed.enabled ? 'switchedOn' : 'switchedOff'))
    })
  }

  #test(id: string, name: string): void {
    const { tell, client, perform, announce, attempt } = this.around
    void attempt(async () => {
      if (!await perform({ operation: 'webhooks.test', id }, () => client.webhooks.test(id))) return
      this.#open(id, name)
      announce(tell('testSent'))
    })
  }

  #rotate(id: string, name: string): void {
    const { tell, client, perform } = this.around
    this.around.ask({
      title: tell('rotateWebhook', { name }), text: tell('rotateWebhookText'), submit: tell('rotate'),
      send: async () => {
        const rotated = await perform({ operation: 'webhooks.rotate', id }, () => client.webhooks.rotate(id))
        if (!rotated) return
        const { secret, ...webhook } = rotated
        this.#put(webhook)
        return { title: tell('webhookMade'), text: tell('webhookSecret'), label: tell('secret'), secret }
      },
    })
  }

  #remove(id: string, name: string): void {
    const { tell, client, perform, announce } = this.around
    this.around.ask({
      title: tell('removeWebhook', { name }), text: tell('removeWebhookText'), submit: tell('remove'), grave: true,
      send: async () => {
        if (!await perform({ operation: 'webhooks.archive', id }, () => client.webhooks.archive(id))) return
        this.#deliveries.delete(id)
        this.#webhooks.replace((webhook) => webhook.id === id, null)
        announce(tell('removed', { name }))
      },
    })
  }
}

const stateOf = ({ tell }: Around, { enabled, disabledReason }: Webhook) =>
  enabled ? chip(tell('on'), 'good') : disabledReason === 'gone' ? chip(tell('offGone'), 'bad') : disabledReason === 'failing' ? chip(tell('offFailing'), 'bad') : chip(tell('off'))

const isFine = (events: readonly WebhookEvent[]): boolean => events.some(({ ops, fields }) => ops !== undefined || fields !== undefined)

const draftIn = (answer: FormData): NewWebhook => {
  const description = String(answer.get('description') ?? '').trim()
  const chosen = answer.getAll('events')
  return { url: String(answer.get('url')).trim(), description: description === '' ? null : description, events: NOUNS.filter((noun) => chosen.includes(noun)).map((noun) => ({ noun })) }
}
