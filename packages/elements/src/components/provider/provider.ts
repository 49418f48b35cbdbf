import type { Flowstate } from '@flowstate-ai/sdk'
import { css, html, LitElement, type PropertyValues } from 'lit'
import { ClientHost } from '../../internal/client-host.ts'
import { makeClient } from '../../internal/make-client.ts'

/**
 * @summary Gives every Flowstate element inside it one client, one token and one connection.
 * @slot - The host's own page, with Flowstate elements anywhere in it.
 *
 * @example
 * <flowstate-provider base="https://crm.example.com" token="/flowstate-token">
 *   <flowstate-pipeline></flowstate-pipeline>
 * </flowstate-provider>
 *
 * @example A page without a server of its own: whoever signs in brings the token.
 * <flowstate-provider base="https://crm.example.com">
 *   <flowstate-sign-in></flowstate-sign-in>
 *   <flowstate-pipeline></flowstate-pipeline>
 * </flowstate-provider>
 */
export class FlowstateProvider extends LitElement {
  static override properties = { base: {}, token: {}, client: { attribute: false } }
  static override styles = css`:host { display: contents; }`
  /** The server's address, with its base path; default: the page's own origin. */
  declare base: string
  /** The host's endpoint that mints tokens: `POST`, answered with what `POST /embed-tokens` gives. */
  declare token: string
  /** A client of the SDK, instead of `base` and `token`. */
  declare client: Flowstate | null
  readonly #host = new ClientHost(this)

  constructor() {
    super()
    this.base = ''
    this.token = ''
    this.client = null
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('base') && !changed.has('token') && !changed.has('client')) return
    this.#host.offer(this.base, this.client ?? (this.token === '' ? null : makeClient(this.base, this.token)))
  }

  protected override render() {
    return html`<slot></slot>`
  }
}

declare global {
  interface HTMLElementTagNameMap { 'flowstate-provider': FlowstateProvider }
}
