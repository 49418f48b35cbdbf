import type { bulk as Bulk } from './bulk.ts'

/** Loaded when first called: most pages write one record at a time. */
export const bulk: typeof Bulk = async (...args) => (await import('./bulk.ts')).bulk(...args)
