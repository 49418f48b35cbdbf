import type { Flowstate } from '@flowstate-ai/sdk'
import { ContextProvider, createContext } from '@lit/context'
import { clientContext } from './client-context.ts'
import { Handle } from './handle.ts'

/** Where a sign-in hands its client to, and takes it back. */
export interface SignInHost {
  /** The server's address, where the host names one. */
  readonly base: string
  /** A sign-in is there, and nobody has signed in. */
  readonly signedOut: boolean
  /** A sign-in is there: until somebody has signed in, elements say that they wait for it. */
  expect(): void
  /** The client of whoever has signed in; null: they have signed out, and what was shown to them goes. */
  enter(client: Flowstate | null): void
}
/** Keyed by `Symbol.for`, so that two bundles on a page share one host. */
export const signInContext = createContext<SignInHost | null>(Symbol.for('flowstate-sign-in'))

/** Gives one client to every Flowstate element inside an element: its own, or that of whoever has signed in there. */
export class ClientHost {
  readonly #clients
  readonly #signIns
  #base = ''
  #offered: Flowstate | null = null
  #entered: Flowstate | null = null
  #awaited = false
  #handle: Handle | null = null

  constructor(host: HTMLElement) {
    this.#clients = new ContextProvider(host, { context: clientContext, initialValue: null })
    this.#signIns = new ContextProvider(host, { context: signInContext, initialValue: this.#told() })
  }

  /** For a host that is no element of Lit's: says that it is there. */
  connect(): void {
    this.#clients.hostConnected()
    this.#signIns.hostConnected()
  }

  /** What the host itself has. */
  offer(base: string, client: Flowstate | null): void {
    this.#base = base
    this.#offered = client
    this.#tell()
  }

  #tell(): void {
    const client = this.#entered ?? this.#offered
    const before = this.#handle
    if (client !== (before?.client ?? null)) {
      this.#handle = client ? new Handle(client) : null
      this.#clients.setValue(this.#handle)
      // At once: a feed that lingered would ask on for who has left.
      before?.close()
    }
    this.#signIns.setValue(this.#told())
  }

  #told(): SignInHost {
    return {
      base: this.#base,
      signedOut: this.#awaited && this.#handle === null,
      expect: () => {
        if (this.#awaited) return
        this.#awaited = true
        this.#tell()
      },
      enter: (client) => {
        this.#entered = client
        this.#tell()
      },
    }
  }
}

const PAGE = Symbol.for('flowstate-page-host')

/** The host of a sign-in that stands in no provider: the whole page, once for all bundles on it. */
export const pageHost = (): void => {
  const page = globalThis as { [PAGE]?: ClientHost }
  if (page[PAGE]) return
  page[PAGE] = new ClientHost(document.body)
  page[PAGE].connect()
}
