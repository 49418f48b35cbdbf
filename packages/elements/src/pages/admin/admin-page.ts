import { Flowstate, FlowstateError, UnauthenticatedError } from '@flowstate-ai/sdk'
import { html, LitElement, nothing } from 'lit'
import { type SectionName, SECTIONS, type SettingsChange } from '../../components/settings/section.ts'
import { tokens } from '../../styles/tokens.ts'
import { adminPageStyles } from './admin-page.styles.ts'

type SignedIn = Awaited<ReturnType<Flowstate['session']['retrieve']>>
type Membership = SignedIn['memberships'][number]

/**
 * The server's own page for who administers a workspace: whoever is signed in with this browser, in one of their workspaces. Which one, and which
 * section, stand in the address, so that either can be linked to: `/admin?workspace=acme#keys`.
 */
export class AdminPage extends LitElement {
  static override properties = { base: {}, session: { state: true }, membership: { state: true }, client: { state: true }, section: { state: true }, failure: { state: true } }
  static override styles = [tokens, adminPageStyles]
  /** The server's base path, such as `/crm`. */
  declare base: string
  protected declare session: SignedIn | null
  protected declare membership: Membership | null
  protected declare client: Flowstate | null
  protected declare section: SectionName
  protected declare failure: unknown

  constructor() {
    super()
    this.base = ''
    this.session = null
    this.membership = null
    this.client = null
    this.section = sectionIn(location.hash)
    this.failure = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('hashchange', this.#hash)
    void this.#begin()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('hashchange', this.#hash)
  }

  readonly #hash = (): void => { this.section = sectionIn(location.hash) }

  async #begin(): Promise<void> {
    this.failure = null
    try {
      this.session = await new Flowstate({ baseUrl: this.base, session: true }).session.retrieve()
      const asked = new URLSearchParams(location.search).get('workspace')
      const { memberships } = this.session
      this.#enter(memberships.find(({ slug, workspaceId }) => slug === asked || workspaceId === asked) ?? memberships[0] ?? null)
    } catch (error) {
      this.#fail(error)
    }
  }

  #enter(membership: Membership | null): void {
    this.membership = membership
    this.client = membership && new Flowstate({ baseUrl: this.base, session: { workspace: membership.workspaceId } })
    if (!membership) return
    document.title = `${membership.name} · Flowstate-AI`
    this.#remember()
  }

  /** Puts into the address what is shown. */
  #remember(): void {
    const several = (this.session?.memberships.length ?? 0) > 1
    history.replaceState(null, '', `${location.pathname}${several && this.membership ? `?workspace=${encodeURIComponent(this.membership.slug)}` : ''}#${this.section}`)
  }

  #fail(error: unknown): void {
    if (error instanceof UnauthenticatedError) location.replace(this.#signIn())
    else this.failure = error
  }

  /** Where to sign in, and to come back here. */
  #signIn(): string {
    return `${this.base}/sign-in?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`
  }

  #switch(event: Event): void {
    const { value } = event.target as HTMLSelectElement
    this.#enter(this.session?.memberships.find(({ workspaceId }) => workspaceId === value) ?? this.membership)
  }

  #shown({ detail: { section } }: CustomEvent<{ section: SectionName }>): void {
    this.section = section
    this.#remember()
  }

  /** What a person may do, and where they belong, follows from who they are: their own change makes this page another. */
  #changed({ detail: { operation, id } }: CustomEvent<SettingsChange>): void {
    if (id === this.membership?.memberId && operation.startsWith('members.')) void this.#begin()
  }

  async #signOut(): Promise<void> {
    this.failure = null
    try {
      await new Flowstate({ baseUrl: this.base, session: true }).request({ method: 'POST', path: '/auth/sign-out', body: {}, repeatable: false })
      location.assign(`${this.base}/sign-in`)
    } catch (error) {
      this.#fail(error)
    }
  }

  protected override render() {
    const { session, membership, client } = this
    return html`
      <header>
        <h1>Flowstate-AI</h1>
        ${session && membership ? this.#workspace(session.memberships, membership) : nothing}
        ${session ? html`<div class="person"><span class="who" dir="auto">${session.person.name}</span><button type="button" class="plain" @click=${() => void this.#signOut()}>Sign out</button></div>` : nothing}
      </header>
      <main>
        ${this.failure === null ? nothing : html`<div class="notice" role="alert"><span>${wordsOf(this.failure)}</span><button type="button" class="plain" @click=${() => void this.#begin()}>Try again</button></div>`}
        ${session && !membership ? html`<div class="notice" role="status">${session.person.email} belongs to no workspace here. Ask one of its admins for an invitation.</div>` : nothing}
        ${!session && this.failure === null ? html`<div class="notice" role="status">Loading…</div>` : nothing}
        ${client ? html`<flowstate-settings .client=${client} .section=${this.section} @flowstate-settings-section=${this.#shown} @flowstate-settings-changed=${this.#changed} @flowstate-error=${({ detail: { error } }: CustomEvent<{ error: unknown }>) => { if (error instanceof UnauthenticatedError) this.#fail(error) }}></flowstate-settings>` : nothing}
      </main>`
  }

  #workspace(memberships: readonly Membership[], { workspaceId, name }: Membership) {
    if (memberships.length === 1) return html`<span class="workspace" dir="auto">${name}</span>`
    return html`
      <label class="workspace"><span class="visually-hidden">Workspace</span>
        <select @change=${this.#switch}>${memberships.map((each) => html`<option value=${each.workspaceId} ?selected=${each.workspaceId === workspaceId}>${each.name}</option>`)}</select>
      </label>`
  }
}

const sectionIn = (hash: string): SectionName => SECTIONS.find((name) => `#${name}` === hash) ?? 'members'
const wordsOf = (error: unknown): string => (error instanceof FlowstateError && error.requestId !== null ? `${error.message} (${error.requestId})` : error instanceof Error ? error.message : String(error))

declare global {
  interface HTMLElementTagNameMap { 'flowstate-admin-page': AdminPage }
}
