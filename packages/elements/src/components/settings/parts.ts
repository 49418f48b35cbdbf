import { FlowstateError } from '@flowstate-ai/sdk'
import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { formatAgo, formatMoment, formatUntil } from '../../internal/format.ts'
import type { Paged } from './paged.ts'
import type { Around } from './section.ts'

export interface Action { words: string; run: () => void; grave?: boolean; pressed?: boolean }
interface RowOf { name: unknown; /** What the actions are said to be about. */ spoken: string; chips?: unknown; facts: readonly unknown[]; actions?: readonly Action[]; below?: unknown; ended?: boolean }

/** One thing of a list: its name, what is to be known of it, what can be done with it. */
export const rowOf = ({ tell }: Around, { name, spoken, chips = nothing, facts, actions = [], below = nothing, ended = false }: RowOf) => html`
  <li class="row ${ended ? 'over' : ''}" part="row" tabindex="-1">
    <div class="what">
      <div class="title"><span class="name" dir="auto">${name}</span> ${chips}</div>
      <div class="facts">${facts.filter((fact) => fact !== nothing && fact !== '').map((fact) => html`<span dir="auto">${fact}</span> `)}</div>
    </div>
    ${actions.length === 0 ? nothing : html`<div class="actions">${actions.map(({ words, run, grave = false, pressed }) => html`<button type="button" class="small ${grave ? 'grave' : ''}" aria-label=${tell('actionOn', { verb: words, name: spoken })} aria-expanded=${pressed === undefined ? nothing : String(pressed)} @click=${run}>${words}</button>`)}</div>`}
    ${below}
  </li>`

export const chip = (words: string, kind: '' | 'good' | 'warn' | 'bad' = '') => html`<span class="chip ${kind}">${words}</span> `
export const code = (text: string) => html`<code dir="ltr">${text}</code>`

/** How long ago, or until then; the exact moment on hover. */
export const timeOf = ({ locale, now }: Around, at: string) => {
  const ms = Date.parse(at) - now()
  return html`<time datetime=${at} title=${formatMoment(Date.parse(at), locale())}>${ms < 0 ? formatAgo(-ms, locale()) : formatUntil(ms, locale())}</time>`
}

/** A sentence with a moment in it, which is no text. */
export const withTime = (around: Around, key: Parameters<Around['tell']>[0], at: string) => {
  const [before = '', after = ''] = around.tell(key, { when: '\u0000' }).split('\u0000')
  return html`${before}${timeOf(around, at)}${after}`
}

/** An error in words, with what to name when asking for help. */
export const troubleOf = ({ say, tell }: Around, error: unknown, retry: (() => void) | null) => {
  const requestId = error instanceof FlowstateError ? error.requestId : null
  return html`
    <div class="trouble" role="alert">
      <span dir="auto">${wordsOf(error)}</span>
      ${requestId === null ? nothing : html`<span class="request">${tell('requestId', { id: requestId })}</span>`}
      ${retry === null ? nothing : html`<button type="button" class="plain" @click=${retry}>${say('retry')}</button>`}
    </div>`
}
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

interface ListOf<Item> { label: string; empty: unknown; key: (item: Item) => string; row: (item: Item) => unknown }

/** A list, page by page, with what stands there while it is empty, on its way, or failed. */
export const listOf = <Item>(around: Around, paged: Paged<Item>, { label, empty, key, row }: ListOf<Item>) => {
  const { say, tell } = around
  const trouble = paged.error === null ? nothing : troubleOf(around, paged.error, () => void paged.again())
  if (!paged.known) return paged.error === null ? html`<div class="waiting" role="status"><span class="visually-hidden">${say('loading')}</span><i></i><i></i><i></i></div>` : trouble
  return html`
    ${paged.items.length === 0 ? html`<div class="nothing">${empty}</div>` : html`<ul class="rows" aria-label=${label} aria-busy=${String(paged.busy)}>${repeat(paged.items, key, row)}</ul>`}
    ${trouble}
    ${paged.more && paged.error === null ? html`<button type="button" class="plain more" ?disabled=${paged.busy} @click=${(event: Event) => void showMore(around, paged, event)}>${tell('showMore')}</button>` : nothing}`
}

/** Whoever asked for more goes on at the first that came. */
const showMore = async <Item>(around: Around, paged: Paged<Item>, { currentTarget }: Event): Promise<void> => {
  const list = (currentTarget as HTMLElement).previousElementSibling
  const before = paged.items.length
  await paged.loadMore()
  if (paged.error !== null) return
  around.announce(around.tell(paged.more ? 'shown' : 'shownAll', { count: paged.items.length }))
  await around.drawn()
  ;(list?.children[before] as HTMLElement | undefined)?.focus()
}
