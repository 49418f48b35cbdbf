import { randomBytes } from 'node:crypto'
import type { Membership, Setup } from '@flowstate-ai/sdk/contract'
import type { System } from '../db/system.ts'
import { AppError, Conflict } from '../errors.ts'
import { sameHash } from '../keys/secret.ts'
import type { MembersService } from '../members/members.service.ts'
import type { WorkspacesService } from '../workspaces/workspaces.service.ts'

interface SetupDeps { system: System; workspaces: WorkspacesService; members: MembersService }

/** The first owner of a new server: whoever holds the link that it printed, once, while it runs. */
export const createSetupService = ({ system, workspaces, members }: SetupDeps) => {
  let token: string | null = null
  let working = false

  return {
    /** The link's path, where nobody owns the server yet; null: the first run is over. */
    async open(): Promise<string | null> {
      if (await system.hasOwner()) return null
      token ??= randomBytes(32).toString('base64url')
      return `/sign-in?setup=${token}`
    },

    /** What whoever holds the link may choose from; null: it is no link of ours, or was used. */
    async asks(given: string): Promise<{ slug: string; name: string }[] | null> {
      if (token === null || !sameHash(given, token) || await system.hasOwner()) return null
      return (await workspaces.list()).map(({ slug, name }) => ({ slug, name }))
    },

    async run({ token: given, email, name, password, workspace }: Setup): Promise<Membership> {
      if (token === null || !sameHash(given, token)) throw new AppError('not_found', 'There is no such setup link: it is printed when the server starts, and good until somebody has used it.')
      if (working) throw new Conflict('in_flight', 'Somebody is using this link just now.')
      working = true
      try {
        if (await system.hasOwner()) throw new Conflict('invalid_state', 'This server has an owner already: sign in.')
        const all = await workspaces.list()
        const slug = workspace?.slug ?? (all.length === 1 ? all[0]?.slug : undefined)
        if (slug === undefined) throw new AppError('validation_failed', all.length === 0 ? 'Name the workspace that is to be made.' : `Name one of the workspaces: ${all.map((each) => each.slug).join(', ')}.`, { errors: [{ pointer: '/workspace', code: 'required', detail: 'is needed' }] })
        const found = await workspaces.bySlug(slug) ?? await workspaces.create(slug, workspace?.name)
        const member = await members.addAsOwner(found.id, { email, name, role: 'owner', password })
        token = null
        return { workspaceId: found.id, slug: found.slug, name: found.name, memberId: member.id, role: member.role }
      } finally {
        working = false
      }
    },
  }
}
export type SetupService = ReturnType<typeof createSetupService>
