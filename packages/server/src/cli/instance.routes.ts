import { NewKey, NewMember } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { z } from 'zod'
import { openBackup } from '../backup/backup.ts'
import { AppError, Unauthenticated } from '../errors.ts'
import { systemCaller } from '../http/caller.ts'
import { renderError } from '../http/render-error.ts'
import type { AppEnv } from '../http/route.ts'
import { requestId } from '../http/request-id.ts'
import { sameHash } from '../keys/secret.ts'
import type { Services } from '../services.ts'
import { UsageError } from './command.ts'
import { createAgent } from './agents-create.ts'
import { verifyAll } from './audit-verify.ts'
import { onlyWorkspace } from './reach.ts'

/**
 * What `flowstate` commands ask of the server that runs on their data directory: whoever can read its instance file owns the
 * machine. Served on loopback beside the interface, never below `basePath`.
 */
export const instanceRoutes = ({ workspaces, members, agents, audit, keys, rotation, tasks, compaction, report, options }: Services, secret: string): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  app.use(requestId)
  app.onError((error, context) => renderError(report)(error instanceof UsageError ? new AppError('conflict', error.message) : error, context))
  app.use(async (context, next) => {
    if (!sameHash(context.req.header('authorization') ?? '', `Bearer ${secret}`)) throw new Unauthenticated('Only commands on this machine may ask this.')
    await next()
  })
  app.get('/instance/alive', (context) => context.json({ pid: process.pid }))
  app.post('/instance/workspace-create', async (context) => {
    const { slug, name } = z.object({ slug: z.string(), name: z.string().optional() }).parse(await context.req.json())
    return context.json(await workspaces.create(slug, name))
  })
  app.post('/instance/keys-create', async (context) => {
    const { workspace, ...key } = NewKey.extend({ workspace: z.string() }).parse(await context.req.json())
    const found = await workspaces.bySlug(workspace)
    if (!found) throw new AppError('not_found', `There is no workspace ${workspace}. Create it: flowstate workspace create ${workspace}`)
    return context.json(await keys.createAsOwner(found.id, key))
  })
  app.post('/instance/audit-verify', async (context) => context.json(await verifyAll({ audit, workspaces })))
  app.post('/instance/agents-create', async (context) => {
    const { workspace, name, kinds } = z.object({ workspace: z.string(), name: z.string(), kinds: z.array(z.string()) }).parse(await context.req.json())
    return context.json(await createAgent({ agents, keys }, (await onlyWorkspace(workspaces, workspace)).id, { name, kinds }))
  })
  app.post('/instance/members-add', async (context) => {
    const { workspace, member } = z.object({ workspace: z.string().nullable(), member: NewMember.extend({ password: z.string().optional() }) }).parse(await context.req.json())
    return context.json(await members.addAsOwner((await onlyWorkspace(workspaces, workspace ?? undefined)).id, member))
  })
  app.post('/instance/secrets-rotate', async (context) => {
    const { endPrevious } = z.object({ endPrevious: z.boolean() }).parse(await context.req.json())
    return context.json(await rotation.rotate({ endPrevious }))
  })
  let backingUp = false
  app.post('/instance/backup', async (context) => {
    const { withSecret } = z.object({ withSecret: z.boolean() }).parse(await context.req.json())
    if (backingUp) throw new AppError('conflict', 'A backup is under way already; begin the next when it is done.')
    backingUp = true
    try {
      const { bytes, estimate } = await openBackup({ ...options, withSecret })
      return new Response(streamFrom(bytes, () => { backingUp = false }), { headers: { 'content-type': 'application/x-tar', 'flowstate-bytes': String(estimate) } })
    } catch (error) {
      backingUp = false
      throw error
    }
  })
  const workspaceOf = async (slug: string) => {
    const found = await workspaces.bySlug(slug)
    if (!found) throw new AppError('not_found', `There is no workspace ${slug}.`)
    return found
  }
  app.post('/instance/compact', async (context) => {
    const { workspace, keep } = z.object({ workspace: z.string(), keep: z.union([z.strictObject({ seqs: z.int().min(0) }), z.strictObject({ days: z.int().min(0) })]) }).parse(await context.req.json())
    return context.json(await compaction.start((await workspaceOf(workspace)).id, keep))
  })
  app.post('/instance/task', async (context) => {
    const { workspace, id } = z.object({ workspace: z.string(), id: z.string() }).parse(await context.req.json())
    return context.body(await tasks.retrieve(systemCaller((await workspaceOf(workspace)).id, 'Command line', 'cli'), id), 200, { 'content-type': 'application/json' })
  })
  app.post('/instance/only-workspace', async (context) => context.json(await onlyWorkspace(workspaces, undefined)))
  return app
}

/** Bytes as they are taken, and no faster; an error cuts the stream off. */
const streamFrom = (bytes: AsyncGenerator<Buffer>, onEnd: () => void): ReadableStream<Uint8Array> => new ReadableStream({
  async pull(controller) {
    try {
      const { done, value } = await bytes.next()
      if (!done) return controller.enqueue(value)
      onEnd()
      controller.close()
    } catch (error) {
      onEnd()
      controller.error(error)
    }
  },
  async cancel() {
    onEnd()
    await bytes.return(undefined)
  },
}, { highWaterMark: 2 })
