import { type Clock, instant } from '../clock.ts'
import type { System } from '../db/system.ts'
import { within } from '../db/within.ts'
import type { Endings } from '../embeds/endings.ts'
import type { SessionsStore } from '../embeds/sessions.store.ts'
import type { Log } from '../log.ts'

/** How a sign-in of somebody's ended: here or there they signed out, or they have a new password, and whoever knew the old one is to be out. */
export type SignOut = 'signed out' | 'new password'

interface SignOutsDeps { system: Pick<System, 'membershipsOf'>; sessions: Pick<SessionsStore, 'liveOf' | 'revokeOf' | 'dropCodes'>; endings: Endings; clock: Clock; log: Pick<Log, 'warn'> }

/**
 * What ends with a sign-in, in every workspace of theirs: their sockets, of which another browser's comes back by itself, and codes for pages that
 * were not exchanged yet; by a new password the pages of others that they signed in to, too.
 */
export const createSignOuts = ({ system, sessions, endings, clock, log }: SignOutsDeps) => async (userId: string, how: SignOut): Promise<void> => {
  try {
    const at = instant(clock())
    for (const { workspaceId, memberId } of await system.membershipsOf(userId, null)) {
      await within(workspaceId, async () => {
        const pages = how === 'new password' ? await sessions.liveOf(workspaceId, { memberId }, at) : []
        await (how === 'new password' ? sessions.revokeOf(workspaceId, { memberId }, at) : sessions.dropCodes(workspaceId, memberId))
        endings.announce(workspaceId, [`person:${userId}`, ...pages])
      })
    }
  } catch (error) {
    log.warn({ err: error }, how === 'new password' ? 'Pages that were signed in to before a new password could not be ended: end them under /admin' : 'Who signed out could not be looked up; their sockets end with their sign-in')
  }
}
