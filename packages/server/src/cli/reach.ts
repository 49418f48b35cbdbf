import { Flowstate } from '@flowstate-ai/sdk'
import type { KeyWithSecret, Scope } from '@flowstate-ai/sdk/contract'
import type { Env } from '../env.ts'
import { UsageError } from './command.ts'
import { askInstance, openHere, runningInstance } from './instance.ts'

/** A client of one workspace, whether a server runs on the data directory or not; `keyId` is its own key, which ends with it. */
export interface Reached { flowstate: Flowstate; keyId: string; close(): Promise<void> }

const SCOPES: Scope[] = ['crm:read', 'crm:write', 'agents:read', 'admin']
const MINUTES = 60_000
/** The key of a command ends with it, or soon after if it is killed. */
const KEY_LIVES_MS = 12 * 60 * MINUTES

/** `worker: false` where nothing that the command does is a task; `scopes` where it needs others. */
export const reach = async (env: Env, slug: string | undefined, { worker = true, scopes = SCOPES }: { worker?: boolean; scopes?: Scope[] } = {}): Promise<Reached> => {
  const key = { name: 'Command line', scopes, expiresAt: new Date(Date.now() + KEY_LIVES_MS).toISOString() }
  const instance = await runningInstance(env.dataDir)
  if (instance) {
    const workspace = slug ?? (await askInstance<{ slug: string }>(instance, 'only-workspace', {})).slug
    const made = await askInstance<KeyWithSecret>(instance, 'keys-create', { workspace, ...key })
    const basePath = env.options.basePath && env.options.basePath !== '/' ? env.options.basePath : ''
    const flowstate = new Flowstate({ baseUrl: `${instance.url}${basePath}`, key: made.secret, timeout: 10 * MINUTES })
    return { flowstate, keyId: made.id, close: () => withdrawKey(flowstate, made.id) }
  }
  const server = await openHere(env, { worker })
  try {
    const workspace = await onlyWorkspace(server.services.workspaces, slug)
    const made = await server.services.keys.createAsOwner(workspace.id, key)
    const base = server.services.options.basePath
    const flowstate = new Flowstate({ baseUrl: `http://flowstate.local${base === '/' ? '' : base}`, key: made.secret, timeout: 10 * MINUTES, fetch: (input, init) => Promise.resolve(server.fetch(new Request(input, init))) })
    return {
      flowstate,
      keyId: made.id,
      async close() {
        await withdrawKey(flowstate, made.id)
        await server.close()
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}

/** Where it cannot be withdrawn, as on a full disk, the key ends by itself; what the command did, or was told, counts. */
const withdrawKey = (flowstate: Flowstate, id: string): Promise<void> => flowstate.keys.revoke(id).then(() => undefined, () => undefined)

interface Workspaces { bySlug(slug: string): Promise<{ id: string; slug: string } | null>; list(): PromiseLike<{ id: string; slug: string }[]> }

/** The workspace that is named, or the one there is. */
export const onlyWorkspace = async (workspaces: Workspaces, slug: string | undefined): Promise<{ id: string; slug: string }> => {
  if (slug !== undefined) {
    const found = await workspaces.bySlug(slug)
    if (found) return found
    throw new UsageError(`There is no workspace ${slug}. Create it: flowstate workspace create ${slug}`)
  }
  const all = await workspaces.list()
  const [only] = all
  if (!only) throw new UsageError('There is no workspace yet. Create one: flowstate workspace create <slug>')
  if (all.length > 1) throw new UsageError(`There are several workspaces; say which with --workspace: ${all.map((each) => each.slug).join(', ')}.`)
  return only
}
