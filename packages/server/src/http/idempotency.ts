import { createHash } from 'node:crypto'
import { allOperations } from '@flowstate-ai/sdk/contract'
import type { MiddlewareHandler } from 'hono'
import { type Clock, instant } from '../clock.ts'
import type { System } from '../db/system.ts'
import { AppError, Invalid } from '../errors.ts'
import type { AppEnv } from './route.ts'

const KEPT_MS = 24 * 60 * 60 * 1_000
const LONGEST_KEY = 255

/**
 * `Idempotency-Key`: what was answered with 2xx is replayed byte for byte. The answer is stored by the ledger in the transaction
 * of its effect; here a stored one is found, and a request whose twin is still under way is told to wait.
 */
export const idempotency = (system: System, clock: Clock): MiddlewareHandler<AppEnv> => {
  const inFlight = new Set<string>()
  return async function idempotent(context, next) {
    const given = context.req.header('idempotency-key')
    if (given === undefined || context.req.method === 'GET' || takesStream(context.req.method, context.req.path)) return next()
    if (given === '' || given.length > LONGEST_KEY) throw new Invalid([{ pointer: 'Idempotency-Key', code: 'too_big', detail: `takes 1 to ${LONGEST_KEY} characters` }])
    const caller = context.get('caller')
    const { pathname, search } = new URL(context.req.raw.url)
    const body = await context.req.text()
    context.set('bodyText', body)
    const key = hash([caller.stableId, context.req.method, pathname, search, given].join('\n'))
    const bodyHash = hash(body)
    const now = clock()
    const slot = `${caller.workspaceId}/${key}`
    if (inFlight.has(slot)) throw new AppError('in_flight', 'A request with this Idempotency-Key is still under way; repeat it in a moment.', { headers: { 'retry-after': '1' } })
    inFlight.add(slot)
    try {
      const stored = await system.answerByKey(caller.workspaceId, key, instant(now))
      if (stored && stored.bodyHash !== bodyHash) throw new AppError('idempotency_mismatch', 'This Idempotency-Key was used with another body; use a new key for a new request.')
      if (stored) return new Response(stored.body, { status: stored.status, headers: { 'content-type': 'application/json; charset=utf-8', ...stored.headers, 'idempotent-replayed': 'true' } })
      context.set('caller', { ...caller, once: { key, bodyHash, expiresAt: instant(now + KEPT_MS) } })
      await next()
    } finally {
      inFlight.delete(slot)
    }
  }
}

/** Streams are not read here, nor replayed: their routes refuse the key. */
const STREAMED = allOperations().filter(({ stream }) => stream !== undefined)
const takesStream = (method: string, path: string): boolean => STREAMED.some((operation) => operation.method === method.toLowerCase() && path.endsWith(`/api/v1${operation.path}`))

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url')
