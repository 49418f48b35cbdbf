import { type Membership, type Role, SCOPES_OF_ROLE, type Session } from '@flowstate-ai/sdk/contract'
import type { System } from '../db/system.ts'
import { AppError, Forbidden } from '../errors.ts'
import type { Principal } from '../http/caller.ts'
import { isOwnOrigin } from '../http/origins.ts'
import type { AskedRequest } from '../http/route.ts'
import type { MembersStore } from '../members/members.store.ts'
import { sessionCookieOf } from './cookie.ts'
import type { Identities, Person } from './identities.ts'

interface PeopleDeps { identities: Identities; system: System; members: MembersStore; publicUrl: string | null }

const SAFE_METHODS = ['GET', 'HEAD']

/** Whoever is signed in with this browser, and who they are in a workspace. */
export const createPeopleService = ({ identities, system, members, publicUrl }: PeopleDeps) => {
  /** Whom a request's cookie stands for; null: nobody, or what asks is no page of this server's own. */
  const personOf = async (request: AskedRequest): Promise<Person | null> => {
    const cookie = sessionCookieOf(request.headers.get('cookie'))
    return cookie !== null && isOwnPage(request, publicUrl) ? identities.personOf(cookie) : null
  }

  /** Where they belong. Who was added by an address is known by it once it has been confirmed as theirs. */
  const membershipsOf = async ({ id, email, emailVerified }: Person): Promise<Membership[]> => {
    const found = await system.membershipsOf(id, emailVerified ? email : null)
    for (const { workspaceId, memberId, userId } of found) if (userId === null) await members.claim(workspaceId, memberId, id)
    return found.map(({ userId: _, role, ...rest }) => ({ ...rest, role: role as Role }))
  }

  return {
    personOf,
    membershipsOf,

    async sessionOf(person: Person): Promise<Session> {
      const { id, email, name, emailVerified, twoFactor, expiresAt } = person
      return { person: { id, email, name, emailVerified, twoFactor }, memberships: await membershipsOf(person), expiresAt }
    },

    /** The person as a caller of one workspace: the one that is asked for, or the only one. */
    async principalOf(person: Person, asked: string | null): Promise<Principal> {
      const memberships = await membershipsOf(person)
      if (memberships.length === 0) throw new Forbidden(`${person.email} belongs to no workspace here. Ask one of its admins for an invitation.`)
      if (asked === null && memberships.length > 1) throw new AppError('workspace_required', `${person.email} belongs to several workspaces: send Flowstate-Workspace with the id of one. GET /api/v1/session lists them.`)
      const membership = asked === null ? memberships[0] : memberships.find(({ workspaceId }) => workspaceId === asked)
      if (!membership) throw new Forbidden('You do not belong to the workspace that Flowstate-Workspace names. GET /api/v1/session lists yours.')
      const { workspaceId, memberId, role } = membership
      return {
        kind: 'person', actor: { kind: 'person', id: memberId, name: person.name }, stableId: `person:${person.id}`, workspaceId,
        scopes: new Set(SCOPES_OF_ROLE[role]), role, sessionId: null, signIn: person.signIn, records: null, strict: false, expiresAt: person.expiresAt, origins: 'own',
      }
    },
  }
}
export type PeopleService = ReturnType<typeof createPeopleService>

/**
 * A cookie says who, and not whence: what a page of another origin asks is not answered as if the person had. Browsers say where they ask
 * from; who says nothing may read, as any program that was handed the cookie, and not write.
 */
export const isOwnPage = (request: Pick<AskedRequest, 'method' | 'url' | 'headers'>, publicUrl: string | null): boolean => {
  const origin = request.headers.get('origin')
  if (origin !== null) return isOwnOrigin(origin, request, publicUrl)
  const site = request.headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' || (site === 'none' && SAFE_METHODS.includes(request.method))
  return SAFE_METHODS.includes(request.method)
}
