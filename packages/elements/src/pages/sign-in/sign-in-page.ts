import { Flowstate, FlowstateError, type SignedIn } from '@flowstate-ai/sdk'
import { html, LitElement, nothing, type PropertyValues } from 'lit'
import type { SignInMessage } from '../../components/sign-in/popup.ts'
import { tokens } from '../../styles/tokens.ts'
import type { Facts, View } from './facts.ts'
import type { Values } from './form.ts'
import { createIdentityClient, IdentityError } from './identities.ts'
import { nextStep } from './next-step.ts'
import { signInPageStyles } from './sign-in-page.styles.ts'
import { bodyOf, titleOf } from './views.ts'
import { TROUBLES } from './words.ts'

/** Left behind while a person is at the provider: whoever comes back has just signed in. */
const AT_PROVIDER = 'flowstate-at-provider'
/** What the provider's answer leaves in the address. */
const LEFTOVERS = ['error', 'error_description']

/** The server's own page where people sign in: alone, or as the popup of a page that gets a one-time code. */
export class SignInPage extends LitElement {
  static override properties = { facts: { type: Object }, view: { state: true }, busy: { state: true }, trouble: { state: true }, done: { state: true }, faults: { state: true } }
  static override styles = [tokens, signInPageStyles]
  declare facts: Facts
  declare view: View
  /** Something is under way. */
  declare busy: boolean
  declare trouble: string | null
  declare done: string | null
  declare faults: Values
  #flowstate!: Flowstate
  identities!: ReturnType<typeof createIdentityClient>
  readonly #asked = new URLSearchParams(location.search)

  constructor() {
    super()
    this.view = { name: 'loading' }
    this.busy = false
    this.trouble = null
    this.done = null
    this.faults = {}
  }

  protected override firstUpdated(): void {
    this.#flowstate = new Flowstate({ baseUrl: this.facts.base, session: true, maxRetries: 1 })
    this.identities = createIdentityClient(this.facts.base)
    void this.attempt(() => this.#begin())
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('view')) return
    document.title = `${titleOf(this.view)} · Flowstate-AI`
    const first = this.renderRoot.querySelector<HTMLElement>('input:not([readonly])') ?? this.renderRoot.querySelector<HTMLElement>('h1')
    if (this.view.name !== 'loading') first?.focus()
  }

  show(view: View): void {
    this.trouble = null
    this.done = null
    this.faults = {}
    this.view = view
  }

  /** What stands in a field just now. */
  typed(name: string): string {
    return this.renderRoot.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.value ?? ''
  }

  /** Does something, once at a time, and says what was wrong with it. */
  async attempt(deed: () => Promise<unknown>): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.trouble = null
    this.faults = {}
    try {
      await deed()
    } catch (error) {
      if (this.view.name === 'loading') this.view = { name: 'sign-in', email: '', fixed: false, lead: null }
      this.#complain(error)
    } finally {
      this.busy = false
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    if (await this.identities.signIn(email, password)) return this.show({ name: 'second-factor', backup: false })
    await this.#entered()
  }

  async verify(code: string, backup: boolean): Promise<void> {
    try {
      await this.identities.verify(code, backup)
    } catch (error) {
      // Nothing but the password goes on from there.
      if (error instanceof IdentityError && /COOKIE|TOO_MANY/.test(error.code)) this.show({ name: 'sign-in', email: '', fixed: false, lead: null })
      throw error
    }
    await this.#entered()
  }

  async goToProvider(): Promise<void> {
    for (const name of LEFTOVERS) this.#asked.delete(name)
    const url = await this.identities.atProvider()
    sessionStorage.setItem(AT_PROVIDER, '1')
    location.assign(url)
  }

  async signOut(): Promise<void> {
    await this.identities.signOut()
    this.facts = { ...this.facts, session: false }
    await this.#go(null, false)
  }

  async mailReset(email: string): Promise<void> {
    await this.identities.mailReset(email)
    this.show({ name: 'said', title: 'Look into your mail', text: `If somebody signs in here as ${email}, a link is on its way to them. It is good for an hour.`, actions: [{ label: 'Back to sign in', run: () => this.show({ name: 'sign-in', email, fixed: false, lead: null }) }] })
  }

  async resetPassword(token: string, password: string): Promise<void> {
    await this.identities.resetPassword(token, password)
    this.#forget('reset')
    this.show({ name: 'sign-in', email: '', fixed: false, lead: null })
    this.done = 'The new password is set. Sign in with it.'
  }

  async mailVerification(email: string): Promise<void> {
    await this.identities.mailVerification(email)
    this.done = `A link is on its way to ${email}. It is good for an hour.`
  }

  async setUp(token: string, { name = '', email = '', password = '', slug }: Values): Promise<void> {
    await this.#flowstate.session.setup({ token, name, email, password, ...(slug === undefined ? {} : { workspace: { slug } }) })
    this.#forget('setup')
    this.facts = { ...this.facts, setup: null }
    await this.signIn(email, password)
  }

  /** For who is new here. */
  async join(token: string, email: string, name: string, password: string): Promise<void> {
    await this.#flowstate.invitations.accept({ token, name, password })
    this.#accepted()
    await this.signIn(email, password)
  }

  async accept(token: string): Promise<void> {
    await this.#flowstate.invitations.accept({ token })
    this.#accepted()
    await this.#entered()
  }

  async makeWorkspace(slug: string, name: string): Promise<void> {
    const made = await this.#flowstate.workspaces.create({ slug, ...(name === '' ? {} : { name }) })
    await this.tell(`${made.name} is made, and yours.`)
  }

  /** Gives the page that opened this one a code, and nobody else. */
  async handOver(workspaceId: string): Promise<void> {
    const { page } = this.facts
    const challenge = this.#asked.get('challenge')
    if (!page?.allowed || challenge === null) return
    const { code } = await this.#flowstate.embedTokens.code({ origin: page.origin, challenge, workspaceId })
    const opener = window.opener as Window | null
    if (opener === null) {
      this.show({ name: 'said', title: 'You are signed in', text: `Go back to ${page.origin} and sign in there again: nothing more is asked of you.`, actions: [] })
      return
    }
    const message: SignInMessage = { type: 'flowstate-sign-in', code }
    opener.postMessage(message, page.origin)
    this.show({ name: 'said', title: 'You are signed in', text: 'You can close this window.', actions: [] })
    window.close()
  }

  /** Looks anew who is signed in, and says what was done. */
  async tell(words: string): Promise<void> {
    await this.#go(await this.#session(), false)
    this.done = words
  }

  goTo(next: string, workspaceId: string): void {
    const url = new URL(next, location.origin)
    if (url.origin !== location.origin) return
    url.searchParams.set('workspace', workspaceId)
    location.assign(url)
  }

  async #begin(): Promise<void> {
    const returned = sessionStorage.getItem(AT_PROVIDER) !== null
    sessionStorage.removeItem(AT_PROVIDER)
    const error = this.#asked.get('error')
    this.#forget(...LEFTOVERS)
    const verify = this.#asked.get('verify')
    if (verify !== null) return this.#verifyAddress(verify)
    await this.#go(await this.#session(), returned && error === null)
    if (error !== null) this.trouble = TROUBLES[error] ?? `The provider did not sign you in (${error.slice(0, 60)}). Try again; if it stays so, tell whoever runs this server.`
  }

  async #verifyAddress(token: string): Promise<void> {
    this.#forget('verify')
    try {
      await this.identities.verifyAddress(token)
      this.show({ name: 'said', title: 'Thank you', text: 'Your e-mail address is confirmed.', actions: [{ label: 'Go on', run: () => void this.attempt(async () => this.#go(await this.#session(), false)) }] })
    } catch (error) {
      this.show({ name: 'said', title: 'That link does not work', text: error instanceof Error ? error.message : String(error), actions: [{ label: 'Sign in', run: () => void this.attempt(async () => this.#go(await this.#session(), false)) }] })
    }
  }

  /** Whoever has signed in just now goes on where they were going. */
  async #entered(): Promise<void> {
    const session = await this.#flowstate.session.retrieve().then((found) => found, (error: unknown) => {
      if (error instanceof FlowstateError && error.status === 401) throw new IdentityError('no_cookie', 'Your browser did not keep the sign-in. Let it keep cookies of this page, and open it by https.')
      throw error
    })
    this.facts = { ...this.facts, session: true }
    await this.#go(session, true)
  }

  /** null: nobody is signed in. It is not asked where the browser sent no session, so that no refusal stands in its console. */
  async #session(): Promise<SignedIn | null> {
    if (!this.facts.session) return null
    try {
      return await this.#flowstate.session.retrieve()
    } catch (error) {
      if (error instanceof FlowstateError && error.status === 401) return null
      throw error
    }
  }

  async #go(session: SignedIn | null, justNow: boolean): Promise<void> {
    const act = (deed: () => Promise<unknown>) => () => void this.attempt(deed)
    const step = nextStep({
      facts: this.facts, asked: this.#asked, session, justNow, here: location.origin,
      deeds: {
        signOut: act(() => this.signOut()), confirm: (email) => act(() => this.mailVerification(email)),
        goOn: act(async () => {
          this.#forget('setup', 'invitation')
          this.facts = { ...this.facts, setup: null, invitation: null }
          await this.#go(session, false)
        }),
      },
    })
    if ('handOver' in step) return this.handOver(step.handOver)
    if ('goTo' in step) return this.goTo(step.goTo, step.workspaceId)
    this.show(step.show)
  }

  #accepted(): void {
    this.#forget('invitation')
    this.facts = { ...this.facts, invitation: null }
  }

  /** Takes what was used out of the address, so that loading the page anew does not ask for it again. */
  #forget(...names: string[]): void {
    for (const name of names) this.#asked.delete(name)
    history.replaceState(null, '', `${location.pathname}${this.#asked.size > 0 ? `?${this.#asked}` : ''}`)
  }

  #complain(error: unknown): void {
    const words = error instanceof Error ? error.message : String(error)
    this.trouble = error instanceof FlowstateError && error.requestId !== null ? `${words} (${error.requestId})` : words
    if (error instanceof FlowstateError) this.faults = Object.fromEntries(error.fieldErrors.map(({ pointer, detail }) => [pointer === '/workspace' || pointer === '/workspace/slug' ? 'slug' : pointer.slice(pointer.lastIndexOf('/') + 1), `This ${detail}.`]))
  }

  protected override render() {
    const title = titleOf(this.view)
    return html`
      <main>
        <p class="brand">Flowstate-AI</p>
        ${this.view.name === 'loading' ? nothing : html`<h1 tabindex="-1">${title}</h1>`}
        ${this.trouble === null ? nothing : html`<p class="trouble" role="alert">${this.trouble}</p>`}
        ${this.done === null ? nothing : html`<p class="done" role="status">${this.done}</p>`}
        ${bodyOf(this, this.view)}
      </main>`
  }
}
