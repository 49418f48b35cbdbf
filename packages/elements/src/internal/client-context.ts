import { createContext } from '@lit/context'
import type { Handle } from './handle.ts'

/** Keyed by `Symbol.for`, so that two bundles on a page share one provider. */
export const clientContext = createContext<Handle | null>(Symbol.for('flowstate-client'))
