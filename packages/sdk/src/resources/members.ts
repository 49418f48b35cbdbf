import type { Member, MEMBER_LIST, MemberPatch, NewMember } from '../contract/members.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export type MemberQuery = ListQuery<typeof MEMBER_LIST>

export class Members extends Resource {
  list(query?: MemberQuery, options?: RequestOptions): Pager<Member> {
    return this.pages('/members', query, options)
  }

  create(body: NewMember, options?: RequestOptions): ApiPromise<Member> {
    return this.post('/members', body, options)
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<Member> {
    return this.get(`/members/${segment(id)}`, options)
  }

  update(id: string, patch: MemberPatch, options?: RequestOptions): ApiPromise<Member> {
    return this.patch(`/members/${segment(id)}`, patch, options)
  }

  archive(id: string, options?: RequestOptions): ApiPromise<Member> {
    return this.delete(`/members/${segment(id)}`, options)
  }
}
