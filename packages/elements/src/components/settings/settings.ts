import type { FeedEvent, Member, Scope, Whoami } from '@flowstate-ai/sdk'
import { html, nothing, type PropertyValues } from 'lit'
import { FlowstateElement } from '../../internal/flowstate-element.ts'
import type { Handle } from '../../internal/handle.ts'
import type { Labels } from '../../internal/labels.ts'
import { tokens } from '../../styles/tokens.ts'
import { AgentsSection } from './agents.ts'
import { AuditSection } from './audit.ts'
import { Dialogs } from './dialogs.ts'
import { KeysSection } from './keys.ts'
import { MembersSection } from './members.ts'
import { troubleOf } from './parts.ts'
import { type Around, type Section, SECTIONS, type SectionName, type SettingsChange } from './section.ts'
import { SessionsSection } from './sessions.ts'
import { fill, SETTINGS_LABELS, type SettingsLabels } from './settings.labels.ts'
import { settingsStyles } from './settings.styles.ts'
import { WebhooksSection } from './webhooks.ts'

const MAKERS: Record<SectionName, new (around: Around) => Section> = { members: MembersSection, keys: KeysSection, agents: AgentsSection, webhooks: WebhooksSection, sessions: SessionsSection, audit: AuditSection }
const NAMES = { members: 'members', keys: 'keys', agents: 'settingsAgents', webhooks: 'webhooks', sessions: 'sessions', audit: 'audit' } as const satisfies Record<SectionName, keyof SettingsLabels>
const TICK_MS = 30_000

/**
 * @summary Who may do what in a workspace: members and invitations, keys, agents and their tokens, webhooks, embed sessions, the audit log. Most of it
 * takes the scope `admin`, which tokens of pages never hold: it is at home on the server's own page `/admin`, or with a client of the host's own.
 * @fires flowstate-settings-section - Another section is shown. `detail: { section }`.
 * @fires flowstate-settings-change - Before something is changed; cancelable. `detail: { operation, id }`, such as `keys.revoke` and the key's id.
 * @fires flowstate-settings-changed - After the server did it. `detail: { operation, id }`.
 * @fires flowstate-error - Something failed. `detail: { error }`.
 * @csspart nav - The list of sections.
 * @csspart tab - One of them.
 * @csspart panel - The section that is shown.
 * @csspart row - One member, key, agent, webhook, delivery, session or entry.
 * @csspart dialog - What asks before it acts, and what tells a secret.
 * @csspart secret - The secret, told once.
 * @cssprop [--flowstate-accent] - Buttons and marks. All tokens: styles/tokens.ts.
 */
export class FlowstateSettings extends FlowstateElement {
  static override properties = { section: { reflect: true }, who: { state: true }, trouble: { state: true }, spoken: { state: true } }
  static override styles = [tokens, settingsStyles]
  /** Which section is shown: `members`, `keys`, `agents`, `webhooks`, `sessions` or `audit`; default `members`. */
  declare section: SectionName
  /** Words to show instead of the built-in ones. */
  declare labels: Partial<Labels & SettingsLabels> | null
  protected declare who: Whoami | null
  protected declare trouble: unknown
  protected declare spoken: string

  #around: Around | null = null
  #sections = new Map<SectionName, Section>()
  #ticking: ReturnType<typeof setInterval> | undefined
  readonly #dialogs: Dialogs

  constructor() {
    super()
    this.section = 'members'
    this.who = null
    this.trouble = null
    this.spoken = ''
    this.#dialogs = new Dialogs({
      root: () => this.shadowRoot,
      around: () => {
        if (!this.#around) throw new Error('There is no client yet.')
        return this.#around
      },
      failed: (error) => this.#fail(error),
      refocus: () => { if (!this.shadowRoot?.activeElement) this.shadowRoot?.querySelector<HTMLElement>('[role="tabpanel"]')?.focus() },
    })
  }

  override connectedCallback(): void {
    super.connectedCallback()
    // What is said of time, and of who is heard of, follows from the clock.
    this.#ticking = setInterval(() => { if (document.visibilityState === 'visible') this.requestUpdate() }, TICK_MS)
  }

  override disconnectedCallback(): void {
    this.#dialogs.close()
    super.disconnectedCallback()
    clearInterval(this.#ticking)
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    if (!SECTIONS.includes(this.section)) this.section = 'members'
    // Whoever was shown this has gone.
    if (!this.handle && this.who) this.#forget()
    if (changed.has('section') || changed.has('who')) this.#open()
  }

  protected override updated(): void {
    this.#dialogs.drawn()
  }

  protected override begin(handle: Handle): void {
    this.#forget()
    void this.#meet(handle)
  }

  #forget(): void {
    this.#dialogs.close()
    this.who = null
    this.failure = null
    this.trouble = null
    this.#sections = new Map()
  }

  async #meet(handle: Handle): Promise<void> {
    try {
      const who = await handle.whoami()
      // A person's role is no scope, yet decides who makes owners.
      const self = who.actor.kind === 'person' ? await handle.client.members.retrieve(who.actor.id).catch(() => null) : null
      if (handle !== this.handle) return
      this.#around = this.#aroundOf(handle, who, self)
      this.who = who
    } catch (error) {
      if (handle === this.handle) this.complain(error)
    }
  }

  protected override heard(event: FeedEvent): void {
    const shows = [...this.#sections].filter(([, section]) => section.heard(event)).some(([name]) => name === this.section)
    if (shows) this.requestUpdate()
  }

  protected override caughtUp(): void {
    const section = this.#sections.get(this.section)
    if (section && this.#around?.can(section.scope)) section.begin()
  }

  #aroundOf(handle: Handle, who: Whoami, self: Member | null): Around {
    return {
      client: handle.client, who, self,
      locale: () => this.locale,
      now: () => handle.now(),
      can: (scope) => who.scopes.includes(scope) && (who.records === null || scope !== 'admin'),
      say: (key, values) => this.say(key, values),
      tell: (key, values = {}) => fill(this.labels?.[key] ?? SETTINGS_LABELS[key], values),
      ask: (ask) => {
        this.trouble = null
        this.#dialogs.ask(ask)
      },
      announce: (words) => { this.spoken = words },
      perform: async (change, send) => {
        if (!this.dispatchEvent(new CustomEvent('flowstate-settings-change', { detail: change, bubbles: true, composed: true, cancelable: true }))) return undefined
        const answer = await send()
        const made = (answer as { id?: unknown } | undefined)?.id
        this.dispatchEvent(new CustomEvent('flowstate-settings-changed', { detail: { ...change, id: change.id ?? (typeof made === 'string' ? made : null) }, bubbles: true, composed: true }))
        return answer
      },
      attempt: async (act) => {
        this.trouble = null
        try {
          await act()
        } catch (error) {
          this.trouble = error
          this.#fail(error)
        }
      },
      failed: (error) => this.#fail(error),
      update: () => this.requestUpdate(),
      drawn: () => this.updateComplete,
    }
  }

  #fail(error: unknown): void {
    this.dispatchEvent(new CustomEvent('flowstate-error', { detail: { error }, bubbles: true, composed: true }))
  }

  /** Loads a section when it is first shown, where the caller may look at it. */
  #open(): void {
    if (!this.#around || !this.who || this.#sections.has(this.section)) return
    const section = new MAKERS[this.section](this.#around)
    this.#sections.set(this.section, section)
    if (this.#around.can(section.scope)) section.begin()
  }

  #show(section: SectionName): void {
    if (section === this.section) return
    this.section = section
    this.trouble = null
    this.dispatchEvent(new CustomEvent('flowstate-settings-section', { detail: { section }, bubbles: true, composed: true }))
  }

  #key(event: KeyboardEvent): void {
    const at = SECTIONS.indexOf(this.section)
    const across = this.matches(':dir(rtl)') ? -1 : 1
    const to = { ArrowRight: at + across, ArrowLeft: at - across, ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: SECTIONS.length - 1 }[event.key]
    const next = to === undefined ? undefined : SECTIONS.at(to % SECTIONS.length)
    if (!next) return
    event.preventDefault()
    this.#show(next)
    void this.updateComplete.then(() => this.shadowRoot?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus())
  }

  protected override render() {
    const around = this.#around
    if (this.failure !== null && !this.who) return html`<div class="notice" role="alert"><span>${this.say('failed')} ${this.failure}</span><button class="plain" @click=${() => { if (this.handle) this.begin(this.handle) }}>${this.say('retry')}</button></div>`
    if (!around || !this.who) return html`<div class="notice" role="status">${this.say('loading')}</div>`
    const { tell } = around
    return html`
      <div class="frame">
        <div class="tabs" part="nav" role="tablist" aria-label=${tell('settings')} @keydown=${(event: KeyboardEvent) => this.#key(event)}>
          ${SECTIONS.map((name) => html`<button type="button" role="tab" part="tab" id="tab-${name}" aria-controls="panel" aria-selected=${String(name === this.section)} tabindex=${name === this.section ? 0 : -1} @click=${() => this.#show(name)}>${tell(NAMES[name])}</button>`)}
        </div>
        <section class="panel" part="panel" id="panel" role="tabpanel" aria-labelledby="tab-${this.section}" tabindex="-1">
          <h3>${tell(NAMES[this.section])}</h3>
          ${this.trouble === null ? nothing : html`<div class="toast">${troubleOf(around, this.trouble, null)}<button type="button" class="plain" @click=${() => { this.trouble = null }}>${this.say('dismiss')}</button></div>`}
          ${this.#panel(around)}
        </section>
        ${this.#dialogs.render()}
        <div class="visually-hidden" role="status" aria-live="polite">${this.spoken}</div>
      </div>`
  }

  #panel(around: Around) {
    const section = this.#sections.get(this.section)
    if (!section) return nothing
    if (!around.can(section.scope)) return this.#lock(around, 'locked', section.scope)
    return html`${around.can('admin') ? nothing : this.#lock(around, 'lookOnly', 'admin')}${section.render()}`
  }

  /** What the caller lacks, and who has it. */
  #lock({ tell, client, who }: Around, words: 'locked' | 'lookOnly', scope: Scope) {
    const address = `${client.baseUrl}/admin`
    const isHere = address === location.origin + location.pathname
    return html`<div class="lock" role="note"><p>${tell(words, { scope, scopes: who.scopes.join(', ') || tell('noScopes') })}</p><p>${isHere ? tell('askAdmin') : html`${tell('whoMay')} <a href=${address} dir="ltr">${address}</a>`}</p></div>`
  }
}

declare global {
  interface HTMLElementTagNameMap { 'flowstate-settings': FlowstateSettings }
  interface HTMLElementEventMap {
    'flowstate-settings-section': CustomEvent<{ section: SectionName }>
    'flowstate-settings-change': CustomEvent<SettingsChange>
    'flowstate-settings-changed': CustomEvent<SettingsChange>
  }
}
