import type { Import } from '@flowstate-ai/sdk/contract'

/** A part was to be written of an import that was cancelled meanwhile. */
export const IMPORT_ENDED = 'import_ended'
export const WORKED_ON: readonly Import['state'][] = ['queued', 'rehearsing', 'running']
export const NO_COUNTS = { rows: 0, created: 0, updated: 0, merged: 0, unchanged: 0, collapsed: 0, rejected: 0 } satisfies Import['counts']
