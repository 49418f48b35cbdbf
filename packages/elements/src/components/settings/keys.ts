import type { Key, Scope } from '@flowstate-ai/sdk'
import { html, nothing } from 'lit'
import { Paged } from './paged.ts'
import { chip, code, listOf, rowOf, withTime } from './parts.ts'
import { isScope, scopeChoices } from './permissions.ts'
import { type Around, Section } from './section.ts'
import type { Field } from './fields.ts'

const GRACES = [['graceNow', 0], ['graceHour', 3_600], ['graceDay', 86_400], ['graceWeek', 604_800]] as const
const DEFAULT_GRACE = 86_400

/** Secret keys of programs. */
export class KeysSection extends Section {
  readonly scope: Scope = 'admin'
  readonly #keys: Paged<Key>

  constructor(around: Around) {
    super(around)
    this.#keys = new Paged((cursor) => around.client.keys.list({ agentId: null, cursor }), around)
  }

  begin(): void {
    void this.#keys.load()
  }

  render() {
    const { tell } = this.around
    return html`
      <div class="head"><button type="button" class="primary" @click=${() => this.#create()}>${tell('newKey')}</button></div>
      <div>${listOf(this.around, this.#keys, { label: tell('keys'), empty: tell('noKeys'), key: ({ id }) => id, row: (key) => keyRow(this.around, key, this.#keys) })}</div>`
  }

  #create(): void {
    const { tell, client, perform } = this.around
    this.around.ask({
      title: tell('newKey'), text: tell('newKeyText'), submit: tell('create'),
      fields: [
        { type: 'text', name: 'name', label: tell('name'), required: true },
        { type: 'choices', name: 'scopes', label: tell('scopes'), required: true, choices: scopeChoices(this.around, ['crm:read']) },
        endField(this.around),
        { type: 'check', name: 'strict', label: tell('strict'), hint: tell('strictHint') },
      ],
      send: async (answer) => {
        const made = await perform({ operation: 'keys.create', id: null }, () => client.keys.create({ name: String(answer.get('name')), scopes: scopesIn(answer), strict: answer.get('strict') !== null, expiresAt: endIn(answer) }))
        if (!made) return
        const { secret, ...key } = made
        this.#keys.prepend(key)
        return { title: tell('keyMade', { name: key.name }), text: tell('keepSecret'), label: tell('secret'), secret }
      },
    })
  }
}

/** A key, or an agent's token, in the list that it stands in. */
export const keyRow = (around: Around, key: Key, list: Paged<Key>) => {
  const { tell, now } = around
  const isOver = key.revokedAt !== null || (key.expiresAt !== null && Date.parse(key.expiresAt) <= now())
  return rowOf(around, {
    name: key.name, spoken: key.name, ended: isOver,
    chips: html`${key.revokedAt !== null ? chip(tell('revoked')) : isOver ? chip(tell('ended')) : chip(tell('active'), 'good')}${key.strict ? chip(tell('strict')) : nothing}`,
    facts: [
      html`${key.scopes.map((scope) => html`${code(scope)} `)}`,
      key.kinds === null ? nothing : tell('takes', { kinds: key.kinds.join(', ') }),
      withTime(around, 'created', key.createdAt),
      key.lastUsedAt === null ? tell('neverUsed') : withTime(around, 'usedAt', key.lastUsedAt),
      key.revokedAt !== null ? withTime(around, 'revokedAt', key.revokedAt) : key.expiresAt === null ? tell('endsNever') : withTime(around, isOver ? 'endedAt' : 'ends', key.expiresAt),
    ],
    actions: isOver ? [] : [{ words: tell('rotate'), run: () => rotate(around, key, list) }, { words: tell('revoke'), grave: true, run: () => revoke(around, key, list) }],
  })
}

export const endField = ({ tell, now }: Around): Field => ({ type: 'date', name: 'expiresAt', label: tell('endsOn'), hint: tell('endsOnHint'), least: dayOf(now()) })

/** The end of the day that was named, by the clock of who named it. */
export const endIn = (answer: FormData): string | null => {
  const day = String(answer.get('expiresAt') ?? '')
  return day === '' ? null : new Date(`${day}T23:59:59`).toISOString()
}
export const scopesIn = (answer: FormData): Scope[] => answer.getAll('scopes').map(String).filter(isScope)

const dayOf = (ms: number): string => {
  const day = new Date(ms)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`
}

const rotate = (around: Around, { id, name }: Key, list: Paged<Key>): void => {
  const { tell, client, perform } = around
  around.ask({
    title: tell('rotateKey', { name }), text: tell('rotateKeyText'), submit: tell('rotate'),
    fields: [{ type: 'select', name: 'graceSeconds', label: tell('grace'), choices: GRACES.map(([words, seconds]) => ({ value: String(seconds), words: tell(words), chosen: seconds === DEFAULT_GRACE })) }],
    send: async (answer) => {
      const made = await perform({ operation: 'keys.rotate', id }, () => client.keys.rotate(id, { graceSeconds: Number(answer.get('graceSeconds')) }))
      if (!made) return
      // The old one has an end now.
      void list.load()
      return { title: tell('keyMade', { name }), text: tell('keepSecret'), label: tell('secret'), secret: made.secret }
    },
  })
}

const revoke = (around: Around, { id, name }: Key, list: Paged<Key>): void => {
  const { tell, client, perform, announce } = around
  around.ask({
    title: tell('revokeKey', { name }), text: tell('revokeKeyText'), submit: tell('revoke'), grave: true,
    send: async () => {
      const revoked = await perform({ operation: 'keys.revoke', id }, () => client.keys.revoke(id))
      if (!revoked) return
      list.replace((key) => key.id === id, revoked)
      announce(tell('revokedNow', { name }))
    },
  })
}
