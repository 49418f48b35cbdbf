import type { Admission } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { System } from '../db/system.ts'

const KEY = 'key:'
const PERSON = 'person:'
const SESSION = 'ses_'

/** Whether that for which a ticket was made still stands: it may have been ended while the ticket was on its way. */
export const createStanding = (system: Pick<System, 'keyById' | 'sessionById' | 'membershipsOf'>, clock: Clock) => async ({ workspaceId, principal }: Pick<Admission, 'workspaceId' | 'principal'>): Promise<boolean> => {
  if (principal.startsWith(KEY)) {
    const key = await system.keyById(principal.slice(KEY.length))
    return key !== null && key.revokedAt === null && (key.expiresAt === null || key.expiresAt > instant(clock()))
  }
  if (principal.startsWith(PERSON)) return (await system.membershipsOf(principal.slice(PERSON.length), null)).some((each) => each.workspaceId === workspaceId)
  if (!principal.startsWith(SESSION)) return true
  const session = await system.sessionById(workspaceId, principal)
  if (!session || session.revokedAt !== null || session.keyRevokedAt !== null || session.epoch !== session.currentEpoch) return false
  return session.memberId === null || (session.memberRole !== null && session.memberArchivedAt === null)
}
