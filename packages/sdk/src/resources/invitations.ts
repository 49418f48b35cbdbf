import type { AcceptInvitation, Invitation, INVITATION_LIST, NewInvitation, SentInvitation } from '../contract/invitations.ts'
import type { Member } from '../contract/members.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export class Invitations extends Resource {
  list(query?: ListQuery<typeof INVITATION_LIST>, options?: RequestOptions): Pager<Invitation> {
    return this.pages('/invitations', query, options)
  }

  /** Sends a link by mail; its answer is the only one that carries it too. */
  create(body: NewInvitation, options?: RequestOptions): ApiPromise<SentInvitation> {
    return this.post('/invitations', body, options, { repeatable: false })
  }

  revoke(id: string, options?: RequestOptions): ApiPromise<Invitation> {
    return this.delete(`/invitations/${segment(id)}`, options)
  }

  /** For whoever holds the link: signed in as the address that was invited, or new and with a password. */
  accept(body: AcceptInvitation, options?: RequestOptions): ApiPromise<Member> {
    return this.post('/invitations/accept', body, options, { repeatable: false })
  }
}
