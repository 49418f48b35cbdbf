import { html, nothing, type TemplateResult } from 'lit'
import { ifDefined } from 'lit/directives/if-defined.js'

export interface Field {
  name: string
  label: string
  type: 'email' | 'password' | 'text'
  autocomplete: string
  value?: string
  hint?: string
  /** Shown, and not to be changed. */
  fixed?: boolean
  optional?: boolean
  least?: number
  most?: number
  digits?: boolean
}
export type Values = Record<string, string>

interface Form {
  fields: readonly Field[]
  submit: string
  busy: boolean
  /** Below which field what is wrong. */
  faults: Readonly<Values>
  onSubmit(values: Values): void
}

/** A real form, so that browsers check it, and keepers of passwords fill it in. */
export const form = ({ fields, submit, busy, faults, onSubmit }: Form): TemplateResult => {
  const send = (event: SubmitEvent) => {
    event.preventDefault()
    if (busy) return
    const data = new FormData(event.currentTarget as HTMLFormElement)
    onSubmit(Object.fromEntries(fields.map(({ name }) => [name, String(data.get(name) ?? '')])))
  }
  return html`
    <form @submit=${send} aria-busy=${busy ? 'true' : 'false'}>
      ${fields.map((each) => field(each, faults[each.name]))}
      <button class="primary" type="submit" aria-disabled=${busy ? 'true' : 'false'}>${submit}</button>
    </form>`
}

const field = ({ name, label, type, autocomplete, value = '', hint, fixed = false, optional = false, least, most, digits = false }: Field, fault: string | undefined) => {
  const said = [...(hint === undefined ? [] : [`${name}-hint`]), ...(fault === undefined ? [] : [`${name}-fault`])].join(' ')
  return html`
    <div class="field">
      <label for=${name}>${label}</label>
      <input id=${name} name=${name} type=${type} autocomplete=${autocomplete as 'on'} .value=${value} dir=${type === 'text' ? 'auto' : 'ltr'}
        ?required=${!optional} ?readonly=${fixed} minlength=${ifDefined(least)} maxlength=${ifDefined(most)} inputmode=${ifDefined(digits ? 'numeric' : undefined)}
        autocapitalize="none" spellcheck="false" aria-invalid=${fault === undefined ? 'false' : 'true'} aria-describedby=${ifDefined(said === '' ? undefined : said)}>
      ${hint === undefined ? nothing : html`<span class="hint" id="${name}-hint">${hint}</span>`}
      ${fault === undefined ? nothing : html`<span class="fault" id="${name}-fault">${fault}</span>`}
    </div>`
}

const PASSWORD = { type: 'password', least: 10, most: 128, hint: 'At least 10 characters.' } as const
export const FIELDS = {
  email: (value = '', fixed = false): Field => ({ name: 'email', label: 'E-mail', type: 'email', autocomplete: 'username', value, fixed, most: 254 }),
  password: { name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password', most: 128 },
  newPassword: { ...PASSWORD, name: 'password', label: 'New password', autocomplete: 'new-password' },
  ownPassword: { ...PASSWORD, name: 'password', label: 'Choose a password', autocomplete: 'new-password' },
  name: { name: 'name', label: 'Your name', type: 'text', autocomplete: 'name', most: 100 },
  totp: { name: 'code', label: 'Code', type: 'text', autocomplete: 'one-time-code', digits: true, least: 6, most: 6, hint: 'Six digits, from your authenticator app.' },
  backupCode: { name: 'code', label: 'Backup code', type: 'text', autocomplete: 'off', most: 40, hint: 'One of those that you kept when you set up the second factor. Each is good once.' },
  slug: { name: 'slug', label: 'Workspace', type: 'text', autocomplete: 'off', most: 64, hint: 'Its short name: lower-case letters, digits and hyphens, such as acme-sales.' },
  workspaceName: { name: 'workspaceName', label: 'What it is called', type: 'text', autocomplete: 'organization', most: 100, optional: true, hint: 'Left empty, it is called by its short name.' },
} satisfies Record<string, Field | ((...args: never[]) => Field)>
