import { z } from 'zod'
import { idOf, Instant, line } from './common.ts'
import { operation } from './operation.ts'
import { Role } from './permissions.ts'

/** A workspace that the person who is signed in belongs to. */
export const Membership = z.strictObject({ workspaceId: idOf('workspaces'), slug: z.string(), name: z.string(), memberId: idOf('members'), role: Role }).meta({ id: 'Membership' })
export type Membership = z.infer<typeof Membership>

/** Who is signed in with this browser, and where they belong. */
export const Session = z.strictObject({
  person: z.strictObject({ id: idOf('users'), email: z.string(), name: line(100), emailVerified: z.boolean(), twoFactor: z.boolean().describe('A second factor is asked for at sign-in.') }),
  memberships: z.array(Membership),
  expiresAt: Instant,
}).meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

export const session = {
  retrieve: operation({ id: 'session.retrieve', method: 'get', path: '/session', summary: 'Says who is signed in with this browser, and to which workspaces they belong', scope: 'person', status: 200, answer: Session }),
}
