import type { System } from '../db/system.ts'

type SessionRow = NonNullable<Awaited<ReturnType<System['sessionById']>>>

/** Whether a session has ended: itself, with its key, with its member, or with every other of its workspace. */
export const isOver = ({ revokedAt, expiresAt, epoch, currentEpoch, keyRevokedAt, keyExpiresAt, memberId, memberRole, memberArchivedAt }: SessionRow, at: string): boolean =>
  revokedAt !== null || expiresAt <= at || epoch !== currentEpoch || keyRevokedAt !== null || (keyExpiresAt !== null && keyExpiresAt <= at)
  || (memberId !== null && (memberRole === null || memberArchivedAt !== null))
