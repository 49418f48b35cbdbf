import type { FeedEvent, FeedStatus, Flowstate } from '@flowstate-ai/sdk'
import { ContextConsumer } from '@lit/context'
import { LitElement, type PropertyDeclarations, type PropertyValues } from 'lit'
import { clientContext, keepRequests } from './client-context.ts'
import { signInContext } from './client-host.ts'
import { Handle } from './handle.ts'
import { type Labels, say } from './labels.ts'
import { makeClient } from './make-client.ts'

/**
 * What every element that shows data has: a client, from the nearest `<flowstate-provider>` or of its own (`base` and `token`, or
 * `client`), the shared feed while it is in the page, words that a host can replace, and formats of the nearest `lang`.
 */
export abstract class FlowstateElement extends LitElement {
  static override properties: PropertyDeclarations = {
    base: {}, token: {}, client: { attribute: false }, labels: { attribute: false }, lang: { reflect: true },
    connection: { state: true }, failure: { state: true },
  }
  /** The server's address; with `token`, instead of a provider. */
  declare base: string
  /** The host's endpoint that mints tokens. */
  declare token: string
  /** A client of the SDK, instead of `base` and `token`. */
  declare client: Flowstate | null
  /** Words to show instead of the built-in ones. */
  declare labels: Partial<Labels> | null
  protected declare connection: FeedStatus | null
  protected declare failure: string | null

  protected handle: Handle | null = null
  #stop: (() => void) | null = null
  /** Whose data is shown, while this is in the page and while it is not. */
  #shown: Handle | null = null
  readonly #consumer = new ContextConsumer(this, { context: clientContext, subscribe: true, callback: () => this.#choose() })
  readonly #signIn = new ContextConsumer(this, { context: signInContext, subscribe: true })

  constructor() {
    super()
    this.base = ''
    this.token = ''
    this.client = null
    this.labels = null
    this.connection = null
    this.failure = null
  }

  override connectedCallback(): void {
    // Before the request goes out, which the next line sends.
    keepRequests()
    super.connectedCallback()
    this.#choose()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#leave()
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('base') || changed.has('token') || changed.has('client')) this.#choose()
  }

  /** The client is known: load what is to be shown. Called anew when it changes. */
  protected abstract begin(handle: Handle): void
  /** Something happened in the workspace. */
  protected abstract heard(event: FeedEvent): void
  /** What was missed cannot be told one by one: load anew. */
  protected abstract caughtUp(): void
  /** Whoever was shown something has signed out, or somebody else has signed in: forget it all. */
  protected blank(): void {
    this.failure = null
    this.connection = null
  }

  /** What to say while there is nothing to show. */
  protected get absence(): 'signedOut' | 'loading' {
    return this.handle === null && this.#signIn.value?.signedOut ? 'signedOut' : 'loading'
  }

  /** A word or sentence, with `{name}` filled in. */
  protected say(key: keyof Labels, values: Record<string, string | number> = {}): string {
    return say(this.labels, key, values)
  }

  /** The language of the nearest element that names one. */
  protected get locale(): string {
    return this.closest<HTMLElement>('[lang]')?.lang || document.documentElement.lang || navigator.language || 'en'
  }

  protected complain(error: unknown): void {
    this.failure = error instanceof Error ? error.message : String(error)
    this.dispatchEvent(new CustomEvent('flowstate-error', { detail: { error }, bubbles: true, composed: true }))
  }

  #choose(): void {
    if (!this.isConnected) return
    const chosen = this.#own() ?? this.#consumer.value ?? null
    if (chosen === this.handle && this.#stop) return
    this.#leave()
    this.handle = chosen
    if (this.#shown && this.#shown !== chosen) this.blank()
    this.#shown = chosen
    if (!chosen) return
    let hadBeenAway = false
    this.#stop = chosen.listen({
      onEvent: (event) => (event.type === 'resync' ? this.caughtUp() : this.heard(event)),
      onStatus: (status) => {
        this.connection = status
        if (status.state === 'offline') hadBeenAway = true
        if (status.state === 'live' && hadBeenAway) {
          hadBeenAway = false
          this.caughtUp()
        }
      },
    })
    this.begin(chosen)
  }

  #own(): Handle | null {
    if (this.client) return this.#ownFor(this.client)
    if (this.token === '') return null
    if (this.#made?.base === this.base && this.#made.token === this.token) return this.#made.handle
    const handle = new Handle(makeClient(this.base, this.token))
    this.#made = { base: this.base, token: this.token, handle }
    return handle
  }
  #made: { base: string; token: string; handle: Handle } | null = null

  #ownFor(client: Flowstate): Handle {
    if (this.#given?.client === client) return this.#given
    this.#given = new Handle(client)
    return this.#given
  }
  #given: Handle | null = null

  #leave(): void {
    this.#stop?.()
    this.#stop = null
    this.handle = null
  }
}

declare global {
  interface HTMLElementEventMap { 'flowstate-error': CustomEvent<{ error: unknown }> }
}
