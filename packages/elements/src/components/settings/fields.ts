import type { FieldError } from '@flowstate-ai/sdk'
import { html, nothing } from 'lit'
import type { Around } from './section.ts'

export interface Choice { value: string; words: string; about?: string; /** Why it cannot be chosen. */ off?: string; chosen?: boolean }
interface Named { name: string; label: string; hint?: string }
export type Field = Named & (
  | { type: 'text' | 'email' | 'url' | 'date'; value?: string; required?: boolean; least?: string }
  | { type: 'select'; choices: readonly Choice[] }
  | { type: 'choices'; choices: readonly Choice[]; required?: boolean }
  | { type: 'check'; checked?: boolean }
)

/** What the server says about a field: `/scopes/0` is about `scopes`. */
export const errorOf = (errors: readonly FieldError[], name: string): string | null =>
  errors.filter(({ pointer }) => pointer === `/${name}` || pointer.startsWith(`/${name}/`)).map(({ detail }) => detail).join('; ') || null

/** A field of a form, with its hint and what was wrong with it, both said with it. */
export const fieldOf = (around: Around, field: Field, error: string | null) => {
  const { name, label, hint } = field
  const describedBy = [hint === undefined ? [] : [`${name}-hint`], error === null ? [] : [`${name}-error`]].flat().join(' ') || nothing
  const more = html`
    ${hint === undefined ? nothing : html`<div class="hint" id="${name}-hint">${hint}</div>`}
    ${error === null ? nothing : html`<div class="field-error" id="${name}-error">${error}</div>`}`
  const invalid = error === null ? nothing : 'true'
  switch (field.type) {
    case 'check':
      return html`<div class="field"><label class="check"><input type="checkbox" name=${name} ?checked=${field.checked ?? false} aria-describedby=${describedBy} aria-invalid=${invalid}><span>${label}</span></label>${more}</div>`
    case 'choices':
      return html`
        <fieldset class="field" ?data-required=${field.required ?? false} aria-describedby=${describedBy} @change=${(event: Event) => requireOne(around, event.currentTarget as HTMLElement)}>
          <legend>${label}</legend>
          ${field.choices.map(({ value, words, about, off, chosen = false }) => html`
            <label class="check"><input type="checkbox" name=${name} value=${value} ?checked=${chosen} ?disabled=${off !== undefined}><span><span dir="auto">${words}</span>${about === undefined && off === undefined ? nothing : html` <span class="hint">${[about, off].filter((each) => each !== undefined).join('. ')}</span>`}</span></label>`)}
          ${more}
        </fieldset>`
    case 'select':
      return html`
        <div class="field"><label for="${name}-input">${label}</label>
          <select id="${name}-input" name=${name} aria-describedby=${describedBy} aria-invalid=${invalid}>${field.choices.map(({ value, words, about, off, chosen = false }) => html`<option value=${value} ?selected=${chosen} ?disabled=${off !== undefined}>${[about === undefined ? words : `${words}: ${about}`, off].filter((each) => each !== undefined).join('. ')}</option>`)}</select>${more}
        </div>`
    default:
      return html`
        <div class="field"><label for="${name}-input">${label}</label>
          <input id="${name}-input" name=${name} type=${field.type} .value=${field.value ?? ''} ?required=${field.required ?? false} min=${field.least ?? nothing} dir=${field.type === 'text' ? 'auto' : 'ltr'} autocomplete="off" spellcheck="false" aria-describedby=${describedBy} aria-invalid=${invalid}>${more}
        </div>`
  }
}

/** A browser knows no group of which one must be chosen: its first box says so. */
export const requireOne = ({ tell }: Pick<Around, 'tell'>, group: HTMLElement): void => {
  const boxes = [...group.querySelectorAll('input')]
  const lacking = group.hasAttribute('data-required') && !boxes.some(({ checked }) => checked)
  boxes.find(({ disabled }) => !disabled)?.setCustomValidity(lacking ? tell('oneRequired') : '')
}
