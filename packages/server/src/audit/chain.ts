import { createHash } from 'node:crypto'
import type { AuditEntry } from '@flowstate-ai/sdk/contract'

export const FIRST = '0'.repeat(64)

/** SHA-256 of an entry and, through `previous`, of all before it. Keys are sorted, for a database may keep them in another order. */
export const hashOf = (workspaceId: string, entry: Omit<AuditEntry, 'hash'>): string => createHash('sha256').update(`${workspaceId}\n${canonical(entry)}`).digest('hex')

/** What is wrong with an entry that comes after another; null: nothing. */
export const faultOf = (workspaceId: string, before: { seq: number; hash: string } | null, { hash, ...entry }: AuditEntry): string | null => {
  if (entry.seq !== (before?.seq ?? 0) + 1) return `entry ${(before?.seq ?? 0) + 1} is missing`
  if (entry.previous !== (before?.hash ?? FIRST)) return `entry ${entry.seq} does not follow the one before it`
  return hash === hashOf(workspaceId, entry) ? null : `entry ${entry.seq} is not as it was written`
}

const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  return `{${Object.entries(value).filter(([, item]) => item !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}
