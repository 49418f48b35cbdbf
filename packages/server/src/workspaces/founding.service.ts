import { type Membership, MOST_OWNED, type NewWorkspace } from '@flowstate-ai/sdk/contract'
import type { AuditService } from '../audit/audit.service.ts'
import { type Clock, instant } from '../clock.ts'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { Conflict, Forbidden } from '../errors.ts'
import type { Person } from '../identities/identities.ts'
import type { PeopleService } from '../identities/people.service.ts'
import { newId } from '../ids.ts'
import { refused } from '../ledger/settled.ts'
import type { MembersStore } from '../members/members.store.ts'

interface FoundingDeps { database: Database; members: MembersStore; people: Pick<PeopleService, 'membershipsOf'>; audit: Pick<AuditService, 'record'>; clock: Clock }

/** Workspaces that people make for themselves: whoever belongs here already, by an address that is theirs for certain. */
export const createFoundingService = ({ database: { reader, tables: { workspaces }, ledger }, members, people, audit, clock }: FoundingDeps) => ({
  async found(person: Person, { slug, name = slug }: NewWorkspace, requestId: string): Promise<Membership> {
    if (!person.emailVerified) throw new Forbidden(`Confirm first that ${person.email} is yours, by the link that /sign-in sends you.`)
    const memberships = await people.membershipsOf(person)
    if (memberships.length === 0) throw new Forbidden(`${person.email} belongs to no workspace here. Ask one of its admins for an invitation.`)
    if (memberships.filter(({ role }) => role === 'owner').length >= MOST_OWNED) throw new Forbidden(`You own ${MOST_OWNED} workspaces already: hand one over, or ask who runs the server for flowstate workspace create.`)
    const at = instant(clock())
    const workspace = { id: newId('workspaces'), slug, name, seq: 0, epoch: 1, createdAt: at, updatedAt: at }
    const owner = members.insert(workspace.id, { email: person.email, name: person.name, role: 'owner', userId: person.id, at })
    const outcome = await ledger.run({ workspaceId: workspace.id, statements: [statementOf(reader.insert(workspaces).values(workspace), { rows: 1, otherwise: 'taken' }), owner] })
    if (outcome.state === 'refused') throw outcome.refusal.reason === 'expectation' ? taken(slug) : refused(outcome.refusal)
    await audit.record({ workspaceId: workspace.id, event: 'workspaces.create', actor: { kind: 'person', id: owner.id, name: person.name }, subject: workspace.id, requestId })
    return { workspaceId: workspace.id, slug, name, memberId: owner.id, role: 'owner' }
  },
})
export type FoundingService = ReturnType<typeof createFoundingService>

const taken = (slug: string) => new Conflict('unique_taken', `There is a workspace ${slug} already; choose another slug.`, [{ pointer: '/slug', code: 'unique_taken', detail: 'is taken' }])
