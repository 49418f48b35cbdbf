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

/** The first owner, from the link that a new server prints. */
export const Setup = z.strictObject({
  token: z.string().min(1).max(200),
  email: z.email().max(254),
  name: line(100),
  password: z.string().min(10).max(128),
  workspace: z.strictObject({ slug: z.string().max(64), name: line(100).optional() }).optional().describe('Made where there is none of this slug. Default: the only one that there is.'),
}).meta({ id: 'Setup' })
export type Setup = z.input<typeof Setup>

export const session = {
  setup: operation({ id: 'session.setup', method: 'post', path: '/session/setup', summary: 'Makes the first owner of a new server, once', scope: 'anyone', body: Setup, status: 201, answer: Membership, unrepeatable: true }),
  retrieve: operation({ id: 'session.retrieve', method: 'get', path: '/session', summary: 'Says who is signed in with this browser, and to which workspaces they belong', scope: 'person', status: 200, answer: Session }),
}
