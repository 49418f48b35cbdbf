import { z } from 'zod'
import { idOf, Instant, line, type ListSpec, listQuery, pageOf, recordFields } from './common.ts'
import { Member } from './members.ts'
import { operation } from './operation.ts'
import { ActorRef, Role } from './permissions.ts'

/** Days for which an invitation is good. */
export const INVITATION_DAYS = 7

const fields = { email: z.email().max(254), role: Role }
export const Invitation = z.strictObject({
  id: idOf('invitations'), ...fields, invitedBy: ActorRef, expiresAt: Instant, acceptedAt: Instant.nullable(), revokedAt: Instant.nullable(), ...recordFields,
}).meta({ id: 'Invitation' })
export type Invitation = z.infer<typeof Invitation>
export const NewInvitation = z.strictObject(fields).partial({ role: true }).describe(`\`role\` defaults to member. It is sent by mail, and good for ${INVITATION_DAYS} days.`).meta({ id: 'NewInvitation' })
export type NewInvitation = z.input<typeof NewInvitation>
/** The only answer that carries the link: for who would rather send it himself, and has to where the mail did not go out. */
export const SentInvitation = Invitation.extend({ url: z.string(), mailed: z.boolean().describe('Whether a mail server has taken it.') }).meta({ id: 'SentInvitation' })
export type SentInvitation = z.infer<typeof SentInvitation>

export const AcceptInvitation = z.strictObject({
  token: z.string().min(1).max(200),
  name: line(100).optional().describe('Of who is new here.'),
  password: z.string().min(10).max(128).optional().describe('Of who is new here. Who has an account signs in first, and sends none.'),
}).meta({ id: 'AcceptInvitation' })
export type AcceptInvitation = z.input<typeof AcceptInvitation>

export const INVITATION_LIST = { filters: { email: 'text', role: 'enum' }, sorts: ['createdAt'], sort: '-createdAt', archivable: false } as const satisfies ListSpec
export const invitations = {
  list: operation({ id: 'invitations.list', method: 'get', path: '/invitations', summary: 'Lists invitations, without their links', scope: 'admin', query: listQuery(INVITATION_LIST), status: 200, answer: pageOf(Invitation) }),
  create: operation({ id: 'invitations.create', audited: true, method: 'post', path: '/invitations', summary: 'Invites a person by mail; the link is shown this once', scope: 'admin', body: NewInvitation, status: 201, answer: SentInvitation, unrepeatable: true }),
  revoke: operation({ id: 'invitations.revoke', audited: true, method: 'delete', path: '/invitations/{id}', summary: 'Takes an invitation back', scope: 'admin', status: 200, answer: Invitation }),
  accept: operation({ id: 'invitations.accept', method: 'post', path: '/invitations/accept', summary: 'Makes whoever holds the link of an invitation a member', scope: 'anyone', body: AcceptInvitation, status: 200, answer: Member, unrepeatable: true }),
}
