import type { bulk } from './bulk.ts'

/** `bulk`, loaded with its first use: pages seldom write in bulk. */
export const inBulk: typeof bulk = async (...args) => (await import('./bulk.ts')).bulk(...args)
