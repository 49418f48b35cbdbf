import { type FieldError, FlowstateError } from '@flowstate-ai/sdk'
import { html, nothing } from 'lit'
import { keyed } from 'lit/directives/keyed.js'
import { errorOf, type Field, fieldOf, requireOne } from './fields.ts'
import { troubleOf } from './parts.ts'
import type { Around } from './section.ts'

/** Something to be filled in, or only to be agreed to. */
export interface Ask {
  title: string
  text?: string
  fields?: readonly Field[]
  submit: string
  /** It cannot be undone, or takes something away. */
  grave?: boolean
  /** Does it. What it answers is shown once. Thrown, it is said in the dialog, which stays. */
  send(answer: FormData): Promise<Secret | undefined | void>
}
/** What is told once and never again. */
export interface Secret { title: string; text: string; label: string; secret: string }

type Open =
  | { state: 'asking'; ask: Ask; busy: boolean; error: unknown }
  | { state: 'telling'; secret: Secret; copied: string }

interface Page { root(): ShadowRoot | null; around(): Around; failed(error: unknown): void; /** Where the focus goes when what opened the dialog is gone. */ refocus(): void }

/** The one dialog that is open, if one is. A secret is in the page only while it is. */
export class Dialogs {
  readonly #page: Page
  #open: Open | null = null
  #turn = 0

  constructor(page: Page) {
    this.#page = page
  }

  ask(ask: Ask): void {
    this.#turn++
    this.#set({ state: 'asking', ask, busy: false, error: null })
  }

  close(): void {
    if (!this.#open) return
    // The browser gives the focus back to what opened it, as long as that is there.
    this.#element?.close()
    this.#set(null)
    void this.#page.around().drawn().then(() => this.#page.refocus())
  }

  /** To be called when the page is drawn. */
  drawn(): void {
    const element = this.#element
    if (!element || element.open) return
    for (const group of element.querySelectorAll('fieldset')) requireOne(this.#page.around(), group)
    element.showModal()
  }

  get #element(): HTMLDialogElement | null {
    return this.#page.root()?.querySelector('dialog') ?? null
  }

  #set(open: Open | null): void {
    this.#open = open
    this.#page.around().update()
  }

  async #send(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const open = this.#open
    if (open?.state !== 'asking' || open.busy) return
    const turn = this.#turn
    const answer = new FormData(event.target as HTMLFormElement)
    this.#set({ ...open, busy: true, error: null })
    try {
      const secret = await open.ask.send(answer)
      // Even where the dialog was closed meanwhile: there is no second chance to tell it.
      if (secret) return this.#tell(secret)
      if (turn === this.#turn) this.close()
    } catch (error) {
      this.#page.failed(error)
      if (turn === this.#turn && this.#open) this.#set({ ...open, busy: false, error })
    }
  }

  #tell(secret: Secret): void {
    this.#turn++
    this.#set({ state: 'telling', secret, copied: '' })
    void this.#page.around().drawn().then(() => this.#element?.querySelector('input')?.select())
  }

  async #copy(): Promise<void> {
    const open = this.#open
    const { tell } = this.#page.around()
    if (open?.state !== 'telling') return
    this.#element?.querySelector('input')?.select()
    const copied = await navigator.clipboard?.writeText(open.secret.secret).then(() => true, () => false) ?? false
    if (this.#open === open) this.#set({ ...open, copied: tell(copied ? 'copied' : 'copyByHand') })
  }

  /** What is under way is waited for, so that its secret is not lost. */
  #cancel(event: Event): void {
    if (this.#open?.state === 'asking' && this.#open.busy) event.preventDefault()
  }

  render() {
    const open = this.#open
    if (!open) return nothing
    return html`
      <dialog part="dialog" aria-labelledby="dialog-title" aria-describedby="dialog-text" @cancel=${(event: Event) => this.#cancel(event)} @close=${() => { if (!this.#element?.open) this.close() }}>
        ${keyed(this.#turn, open.state === 'asking' ? this.#asking(open) : this.#telling(open))}
      </dialog>`
  }

  #asking({ ask: { title, text, fields = [], submit, grave = false }, busy, error }: Extract<Open, { state: 'asking' }>) {
    const around = this.#page.around()
    const errors: readonly FieldError[] = error instanceof FlowstateError ? error.fieldErrors : []
    return html`
      <form @submit=${(event: SubmitEvent) => void this.#send(event)}>
        <h3 id="dialog-title">${title}</h3>
        <p id="dialog-text" class="text">${text ?? nothing}</p>
        ${fields.map((field) => fieldOf(around, field, errorOf(errors, field.name)))}
        ${error === null ? nothing : troubleOf(around, error, null)}
        <div class="buttons">
          <button type="button" class="plain" ?autofocus=${grave} ?disabled=${busy} @click=${() => this.close()}>${around.tell('cancelDialog')}</button>
          <button type="submit" class="primary ${grave ? 'grave' : ''}" aria-disabled=${String(busy)}>${busy ? around.tell('working') : submit}</button>
        </div>
      </form>`
  }

  #telling({ secret: { title, text, label, secret }, copied }: Extract<Open, { state: 'telling' }>) {
    const { tell } = this.#page.around()
    return html`
      <div class="telling">
        <h3 id="dialog-title" dir="auto">${title}</h3>
        <p id="dialog-text" class="text">${text}</p>
        <div class="secret" part="secret">
          <input readonly autofocus dir="ltr" aria-label=${label} .value=${secret} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}>
          <button type="button" class="plain" @click=${() => void this.#copy()}>${tell('copy')}</button>
        </div>
        <div class="copied" role="status">${copied}</div>
        <div class="buttons"><button type="button" class="primary" @click=${() => this.close()}>${tell('doneWithSecret')}</button></div>
      </div>`
  }
}
