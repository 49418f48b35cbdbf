import type { AnswerOf, BodyOf, Operation, QueryOf, WriteMode } from '@flowstate-ai/sdk/contract'
import type { Context, Hono } from 'hono'
import type { z } from 'zod'
import { AppError } from '../errors.ts'
import type { StoredAnswer } from '../ledger/ledger.ts'
import { requireScope } from './authorize.ts'
import type { Caller } from './caller.ts'
import { readJson } from './read-json.ts'
import { validateBody, validateQuery } from './validate.ts'

export interface AppEnv { Variables: { requestId: string; caller: Caller; bodyText: string | undefined } }

/** What a handler is given: everything checked against the contract. */
export interface Call<O> {
  caller: Caller
  params: Record<string, string>
  query: QueryOf<O>
  body: BodyOf<O>
  /** Aborts when the client goes away. */
  signal: AbortSignal
  /** The raw request, for bodies that are streams and for conditional headers. */
  request: Request
}

/** A handler's answer: JSON as a value, or as text that was assembled already (`json`), or a finished answer of the ledger's. */
export type Reply<O> =
  | { value: AnswerOf<O>; headers?: Record<string, string> }
  | { json: string; headers?: Record<string, string> }
  | { stored: StoredAnswer & { replayed?: boolean } }
  | { stream: ReadableStream<Uint8Array> | string; type: string; headers?: Record<string, string> }
  | { notModified: Record<string, string> }

/**
 * Binds a handler to an operation of the contract: path, scope, query and body come from there, so that nothing can be served
 * that is not documented, nor without its check.
 */
export const bind = <Query extends z.ZodType, Body extends z.ZodType, Answer extends z.ZodType>(
  app: Hono<AppEnv>,
  operation: Operation<Query, Body, Answer>,
  handle: (call: Call<Operation<Query, Body, Answer>>) => Promise<Reply<Operation<Query, Body, Answer>>>,
): Hono<AppEnv> => {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1')
  app.on(operation.method.toUpperCase(), path, async function serve(context) {
    const caller = context.get('caller')
    requireScope(caller, operation.scope)
    refuseUnfit(context, operation, caller)
    const params = context.req.param() as Record<string, string>
    for (const [name, value] of Object.entries(params)) if (value.includes('\u0000')) throw new AppError('not_found', `There is nothing here whose ${name} holds NUL.`)
    const query = validateQuery(operation.query, context.req.raw.url)
    const body = operation.body ? validateBody(operation.body, await readJson(context, { itemwise: operation.large ?? false })) : await refuseBody(context, operation)
    const asked = modeOf(operation, query)
    const reply = await handle({ caller: asked === 'apply' ? caller : { ...caller, mode: asked }, params, query, body, signal: context.req.raw.signal, request: context.req.raw } as Call<Operation<Query, Body, Answer>>)
    return answer(operation.status, reply)
  })
  return app
}

const modeOf = ({ ledgered }: Operation, query: unknown): WriteMode => (ledgered ? ((query as { mode?: WriteMode } | undefined)?.mode ?? 'apply') : 'apply')

const refuseUnfit = (context: Context<AppEnv>, operation: Operation, caller: Caller) => {
  if (operation.unrepeatable && context.req.header('idempotency-key') !== undefined) {
    throw new AppError('idempotency_not_allowed', 'This route answers a secret or takes a stream; send the request without Idempotency-Key.')
  }
  if (operation.versioned && caller.ifMatch === null && (caller.strict || context.req.header('flowstate-strict') === '1')) {
    throw new AppError('precondition_required', 'Send If-Match with the ETag of the version that you changed.')
  }
}

const refuseBody = async (context: Context<AppEnv>, operation: Operation): Promise<undefined> => {
  if (operation.method === 'get' || operation.stream) return undefined
  const text = await context.req.text()
  if (text !== '' && text.trim() !== '{}') throw new AppError('validation_failed', 'This route takes no body; send the request without one.', { errors: [{ pointer: '', code: 'unrecognized_keys', detail: 'takes no body' }] })
  return undefined
}

const JSON_TYPE = 'application/json; charset=utf-8'
const answer = <O>(status: number, reply: Reply<O>): Response => {
  if ('notModified' in reply) return new Response(null, { status: 304, headers: reply.notModified })
  if ('stored' in reply) return new Response(reply.stored.body, { status: reply.stored.status, headers: { 'content-type': JSON_TYPE, ...reply.stored.headers, ...(reply.stored.replayed ? { 'idempotent-replayed': 'true' } : {}) } })
  if ('stream' in reply) return new Response(reply.stream, { status, headers: { 'content-type': reply.type, ...reply.headers } })
  const json = 'json' in reply ? reply.json : JSON.stringify(reply.value)
  return new Response(json, { status, headers: { 'content-type': JSON_TYPE, ...reply.headers } })
}
