import { Slug } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { System, WorkspaceRow } from '../db/system.ts'
import { Conflict, Invalid } from '../errors.ts'
import { newId } from '../ids.ts'
import { settled } from '../ledger/settled.ts'

/** Workspaces: the walls between tenants. */
export const createWorkspacesService = ({ reader, tables: { workspaces }, ledger }: Database, system: System, clock: Clock) => ({
  async create(slug: string, name: string = slug): Promise<WorkspaceRow> {
    if (!Slug.safeParse(slug).success) throw new Invalid([{ pointer: '/slug', code: 'invalid_format', detail: 'takes lower-case letters, digits and hyphens, at most 64, such as acme-sales' }])
    if (await system.workspace({ slug })) throw new Conflict('unique_taken', `There is a workspace ${slug} already; choose another slug.`)
    const at = instant(clock())
    const row = { id: newId('workspaces'), slug, name, seq: 0, epoch: 1, createdAt: at, updatedAt: at }
    settled(await ledger.run({ workspaceId: row.id, statements: [statementOf(reader.insert(workspaces).values(row))] }))
    return { id: row.id, slug, name, epoch: 1, timeZone: 'UTC', quietHours: null, createdAt: at, updatedAt: at }
  },
  bySlug: (slug: string): Promise<WorkspaceRow | null> => system.workspace({ slug }),
  list: (): PromiseLike<WorkspaceRow[]> => system.workspaces(),
})
export type WorkspacesService = ReturnType<typeof createWorkspacesService>
