import type { KeyRow } from '../db/system.ts'

/** Whether a key has ended: itself, or with the agent that it is. */
export const hasEnded = ({ revokedAt, expiresAt, agentId, agentName, agentArchivedAt }: KeyRow, at: string): boolean =>
  revokedAt !== null || (expiresAt !== null && expiresAt <= at) || (agentId !== null && (agentName === null || agentArchivedAt !== null))
