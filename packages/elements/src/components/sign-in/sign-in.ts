import { FlowstateError } from '@flowstate-ai/sdk'
import { ContextConsumer } from '@lit/context'
import { html, LitElement, nothing } from 'lit'
import { keepRequests } from '../../internal/client-context.ts'
import { pageHost, signInContext } from '../../internal/client-host.ts'
import { formatTime } from '../../internal/format.ts'
import { type Labels, say } from '../../internal/labels.ts'
import { PageSession, signInClient } from '../../internal/page-session.ts'
import { newProofKey, type ProofKey } from '../../internal/proof-key.ts'
import { tokens } from '../../styles/tokens.ts'
import { Popup } from './popup.ts'
import { signInStyles } from './sign-in.styles.ts'

export interface SignedInDetail { workspaceId: string; name: string }
/** `asked`: by the person, or by the page; `ended`: by the server. */
export interface SignedOutDetail { reason: 'asked' | 'ended' }

type State =
  | { name: 'out' }
  | { name: 'waiting'; popup: Popup }
  | { name: 'in'; session: PageSession; person: string }

/** An element that is only moved in the page comes back at once. */
const LINGER_MS = 2_000

/**
 * @summary Signs a person in from a page that has no server of its own, by a window of the CRM's, and hands their token to the Flowstate
 * elements around it: those inside the nearest `<flowstate-provider>`, or else all of the page. The token and its refresh are kept in memory
 * alone, so that a page that is loaded anew asks again; after twelve hours it asks in any case.
 * @fires flowstate-signed-in - Somebody has signed in. `detail: { workspaceId, name }`.
 * @fires flowstate-signed-out - They have signed out, or the server has ended their sign-in. `detail: { reason: 'asked' | 'ended' }`.
 * @fires flowstate-error - Signing in or out failed. `detail: { error }`.
 * @csspart button - Signs in, or out.
 * @csspart status - Who has signed in, or what is waited for.
 * @csspart trouble - What went wrong, and what mends it.
 * @cssprop [--flowstate-accent] - The button. All tokens: styles/tokens.ts.
 *
 * @example
 * <flowstate-sign-in base="https://crm.example.com"></flowstate-sign-in>
 * <flowstate-godmode></flowstate-godmode>
 */
export class FlowstateSignIn extends LitElement {
  static override properties = { base: {}, labels: { attribute: false }, lang: { reflect: true }, state: { state: true }, trouble: { state: true } }
  static override styles = [tokens, signInStyles]
  /** The server's address, with its base path; default: the provider's. The page's origin must stand in the server's `ALLOWED_ORIGINS`. */
  declare base: string
  /** Words to show instead of the built-in ones. */
  declare labels: Partial<Labels> | null
  protected declare state: State
  protected declare trouble: string | null
  readonly #host = new ContextConsumer(this, { context: signInContext, subscribe: true, callback: (host) => host?.expect() })
  /** Made before it is needed: a window opens without ado only while the person's click is being heard. */
  #proof: ProofKey | null = null
  #attempt = 0

  constructor() {
    super()
    this.base = ''
    this.labels = null
    this.state = { name: 'out' }
    this.trouble = null
  }

  override connectedCallback(): void {
    keepRequests()
    if (!standsIn(this, 'flowstate-provider')) pageHost()
    super.connectedCallback()
    void this.#prepare()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    setTimeout(() => { if (!this.isConnected) void this.signOut() }, LINGER_MS)
  }

  /** Opens the window. Call it while a click is being heard, or the browser may keep it from opening. */
  async signIn(): Promise<void> {
    if (this.state.name === 'waiting') return this.state.popup.show()
    if (this.state.name === 'in') return
    const base = this.#base()
    if (base === null) return this.#complain(this.say('noBase'), new Error('base is missing'))
    this.trouble = null
    const attempt = ++this.#attempt
    const proof = this.#proof ?? (await newProofKey())
    this.#proof = null
    const popup = Popup.open(`${base}/sign-in?${new URLSearchParams({ origin: location.origin, challenge: proof.challenge })}`, new URL(base).origin)
    void this.#prepare()
    if (!popup) return this.#complain(this.say('popupBlocked'), new Error('the window was blocked'))
    this.state = { name: 'waiting', popup }
    try {
      const code = await popup.code
      if (attempt !== this.#attempt) return
      if (code === null) {
        this.state = { name: 'out' }
        this.trouble = this.say('popupClosed')
        return
      }
      await this.#enter(base, code, proof.verifier, attempt)
    } catch (error) {
      if (attempt !== this.#attempt) return
      this.state = { name: 'out' }
      this.#complain(this.say('signInRefused', { reason: reasonOf(error) }), error)
    }
  }

  /** Ends the session at the server, and blanks what was shown by it; before anybody has signed in, it gives up waiting. */
  async signOut(): Promise<void> {
    const { state } = this
    this.#attempt++
    this.trouble = null
    this.state = { name: 'out' }
    if (state.name === 'waiting') state.popup.close()
    if (state.name !== 'in') return
    this.#left('asked')
    try {
      await state.session.end()
    } catch (error) {
      this.#complain(this.say('notToldServer', { time: formatTime(state.session.endsAt, this.locale) }), error)
    }
  }

  protected say(key: keyof Labels, values: Record<string, string | number> = {}): string {
    return say(this.labels, key, values)
  }

  protected get locale(): string {
    return this.closest<HTMLElement>('[lang]')?.lang || document.documentElement.lang || navigator.language || 'en'
  }

  async #enter(base: string, code: string, verifier: string, attempt: number): Promise<void> {
    const page = await signInClient({ baseUrl: base }).embedTokens.exchange({ code, verifier })
    const session = new PageSession({ base, page, onEnded: () => {
      if (this.state.name !== 'in' || this.state.session !== session) return
      this.state = { name: 'out' }
      this.trouble = this.say('signInEnded')
      this.#left('ended')
    } })
    if (attempt !== this.#attempt) return session.end()
    const { actor } = await session.client.whoami.retrieve()
    if (attempt !== this.#attempt) return session.end()
    this.state = { name: 'in', session, person: actor.name }
    this.#host.value?.enter(session.client)
    this.#dispatch<SignedInDetail>('flowstate-signed-in', { workspaceId: page.workspaceId, name: actor.name })
  }

  #left(reason: SignedOutDetail['reason']): void {
    this.#host.value?.enter(null)
    this.#dispatch<SignedOutDetail>('flowstate-signed-out', { reason })
  }

  async #prepare(): Promise<void> {
    this.#proof ??= await newProofKey()
  }

  #base(): string | null {
    const base = this.base !== '' ? this.base : (this.#host.value?.base ?? '')
    return base === '' ? null : new URL(base, document.baseURI).href.replace(/\/+$/, '')
  }

  #complain(words: string, error: unknown): void {
    this.trouble = words
    this.#dispatch('flowstate-error', { error })
  }

  #dispatch<Detail>(name: string, detail: Detail): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }

  protected override render() {
    return html`
      <div class="frame">
        ${this.#standing()}
        ${this.trouble === null ? nothing : html`<p class="trouble" part="trouble" role="alert">${this.trouble}</p>`}
      </div>`
  }

  #standing() {
    const { state } = this
    if (state.name === 'out') return html`<button class="primary" part="button" @click=${() => void this.signIn()}>${this.say('signIn')}</button>`
    if (state.name === 'waiting') {
      return html`
        <span class="status" part="status" role="status">${this.say('signingIn')}</span>
        <button class="plain" @click=${() => state.popup.show()}>${this.say('showWindow')}</button>
        <button class="plain" part="button" @click=${() => void this.signOut()}>${this.say('cancel')}</button>`
    }
    const [before = '', after = ''] = this.say('signedInAs', { name: '\0' }).split('\0')
    return html`
      <span class="status" part="status" role="status">${before}<bdi>${state.person}</bdi>${after}</span>
      <button class="plain" part="button" @click=${() => void this.signOut()}>${this.say('signOut')}</button>`
  }
}

/** Looks outwards, through shadow roots too, and does not mind whether what it finds has been defined yet. */
const standsIn = (element: Element, tag: string): boolean => {
  for (let at: Element | null = element; at !== null; at = at.parentElement ?? ((at.getRootNode() as Partial<ShadowRoot>).host ?? null)) if (at.localName === tag) return true
  return false
}

const reasonOf = (error: unknown): string => {
  const words = error instanceof Error ? error.message : String(error)
  return error instanceof FlowstateError && error.requestId !== null ? `${words} (${error.requestId})` : words
}

declare global {
  interface HTMLElementTagNameMap { 'flowstate-sign-in': FlowstateSignIn }
  interface HTMLElementEventMap {
    'flowstate-signed-in': CustomEvent<SignedInDetail>
    'flowstate-signed-out': CustomEvent<SignedOutDetail>
  }
}
