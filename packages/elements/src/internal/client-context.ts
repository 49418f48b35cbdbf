import { ContextRoot, createContext } from '@lit/context'
import type { Handle } from './handle.ts'

/** Keyed by `Symbol.for`, so that two bundles on a page share one provider. */
export const clientContext = createContext<Handle | null>(Symbol.for('flowstate-client'))

const ROOT = Symbol.for('flowstate-context-root')

/** An element may be defined before the provider around it is: its request is kept, once for the page, until the provider is there. */
export const keepRequests = (): void => {
  const page = globalThis as { [ROOT]?: ContextRoot }
  if (page[ROOT]) return
  page[ROOT] = new ContextRoot()
  page[ROOT].attach(document.documentElement)
}
