import { z } from 'zod'
import { idOf, line, type ListSpec, listQuery, notEmpty, pageOf, recordFields } from './common.ts'
import { operation } from './operation.ts'
import { Role } from './permissions.ts'

const fields = { email: z.email().max(254), name: line(100), role: Role }
/** A person of the workspace: who can own records. */
export const Member = z.strictObject({ id: idOf('members'), ...fields, ...recordFields }).meta({ id: 'Member' })
export type Member = z.infer<typeof Member>
export const NewMember = z.strictObject(fields).partial({ name: true, role: true }).describe('`role` defaults to member, `name` to the address.').meta({ id: 'NewMember' })
export type NewMember = z.input<typeof NewMember>
export const MemberPatch = notEmpty(z.strictObject({ name: fields.name, role: fields.role }).partial()).meta({ id: 'MemberPatch' })
export type MemberPatch = z.input<typeof MemberPatch>

export const MEMBER_LIST = { filters: { id: 'id', email: 'text', role: 'enum' }, sorts: ['name', 'createdAt'], sort: 'name' } as const satisfies ListSpec
export const members = {
  list: operation({ id: 'members.list', method: 'get', path: '/members', summary: 'Lists the people of the workspace', scope: 'crm:read', query: listQuery(MEMBER_LIST), status: 200, answer: pageOf(Member) }),
  create: operation({ id: 'members.create', audited: true, method: 'post', path: '/members', summary: 'Adds a person', scope: 'admin', body: NewMember, status: 201, answer: Member }),
  retrieve: operation({ id: 'members.retrieve', method: 'get', path: '/members/{id}', summary: 'Reads a person', scope: 'crm:read', status: 200, answer: Member }),
  update: operation({ id: 'members.update', audited: true, method: 'patch', path: '/members/{id}', summary: 'Changes a person\'s name or role', scope: 'admin', body: MemberPatch, status: 200, answer: Member }),
  archive: operation({ id: 'members.archive', audited: true, method: 'delete', path: '/members/{id}', summary: 'Removes a person; what it owns keeps its owner', scope: 'admin', status: 200, answer: Member }),
}
