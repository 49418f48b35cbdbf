import type { AnswerOf, BodyOf, Operation, QueryOf, WriteMode } from '@flowstate-ai/sdk/contract'
import type { Handler, Hono } from 'hono'
import type { z } from 'zod'
import { within } from '../db/within.ts'
import { AppError, Forbidden, Unauthenticated } from '../errors.ts'
import type { Person } from '../identities/identities.ts'
import type { StoredAnswer } from '../ledger/ledger.ts'
import { requireScope } from './authorize.ts'
import type { Caller } from './caller.ts'
import { readJson } from './read-json.ts'
import { validateBody, validateQuery } from './validate.ts'

export interface AppEnv { Variables: { requestId: string; caller: Caller; bodyText: string | undefined } }

/** A request as a handler may see it: the web's own, or Node's as it came. */
export type AskedRequest = Pick<Request, 'method' | 'url' | 'body' | 'signal'> & { headers: Pick<Headers, 'get'> }

/** What a handler is given: everything checked against the contract. */
export interface Call<O> {
  caller: Caller
  params: Record<string, string>
  query: QueryOf<O>
  body: BodyOf<O>
  /** The raw request, for bodies that are streams, for conditional headers, and for its signal: it aborts when the client goes away. */
  request: AskedRequest
}

/** A handler's answer: JSON as a value, or as text that was assembled already (`json`), or a finished answer of the ledger's. */
export type Reply<O> =
  | { value: AnswerOf<O>; headers?: Record<string, string> }
  | { json: string; headers?: Record<string, string> }
  | { stored: StoredAnswer & { replayed?: boolean } }
  | { stream: ReadableStream<Uint8Array> | string; type: string; headers?: Record<string, string> }
  | { notModified: Record<string, string> }
  | { empty: true }

/**
 * Binds a handler to an operation of the contract: path, scope, query and body come from there, so that nothing can be served
 * that is not documented, nor without its check.
 */
export const bind = <Query extends z.ZodType, Body extends z.ZodType, AnswerShape extends z.ZodType>(
  app: Hono<AppEnv>,
  operation: Operation<Query, Body, AnswerShape>,
  handle: (call: Call<Operation<Query, Body, AnswerShape>>) => Promise<Reply<Operation<Query, Body, AnswerShape>>>,
): Hono<AppEnv> => {
  const { scope } = operation
  if (scope === 'person' || scope === 'anyone') throw new Error(`${operation.id} is for no caller of a workspace: bindOpen serves it.`)
  const path = pathOf(operation)
  const serve = async ({ caller, params, search, request, text }: Asked): Promise<Answer> => {
    try {
      requireScope(caller, scope)
      refuseUnfit(request.headers, operation, caller)
      for (const name in params) if (params[name]?.includes('\u0000')) throw new AppError('not_found', `There is nothing here whose ${name} holds NUL.`)
      const query = validateQuery(operation.query, search)
      const body = operation.body ? validateBody(operation.body, readJson(await text(), request.headers.get('content-type'), { itemwise: operation.large ?? false })) : operation.method === 'get' ? undefined : await refuseBody(text, operation)
      const mode = modeOf(operation, query)
      const call = { caller: mode === 'apply' ? caller : { ...caller, mode }, params, query, body, request }
      const reply = await within(caller.workspaceId, () => handle(call as Call<Operation<Query, Body, AnswerShape>>))
      if ('stream' in reply && typeof reply.stream === 'object') requestOf.set(reply.stream, request)
      const answered = answer(operation.status, reply)
      if (caller.rate) Object.assign(answered.headers, caller.rate)
      if (operation.audited) await caller.note?.record({ workspaceId: caller.workspaceId, event: operation.id, actor: caller.actor, subject: subjectOf(params, answered), requestId: caller.requestId })
      return answered
    } catch (error) {
      if (error instanceof Forbidden) await caller.note?.denied(caller, operation.id, error.message)
      throw error
    }
  }
  const handler: Handler<AppEnv> = async (context) => {
    const { status, headers, body } = await serve({ caller: context.get('caller'), params: context.req.param() as Record<string, string>, search: searchOf(context.req.url), request: context.req.raw, text: async () => context.get('bodyText') ?? context.req.text() })
    return new Response(body, { status, headers })
  }
  bound.set(handler, { operation, serve })
  app.on(operation.method.toUpperCase(), path, handler)
  return app
}

/** What an operation was about: what its path names, or what it made. */
const subjectOf = (params: Record<string, string>, { body }: Answer): string | null => {
  const [named] = Object.values(params)
  if (named !== undefined) return named
  const made = typeof body === 'string' ? (JSON.parse(body || 'null') as { id?: unknown } | null) : null
  return typeof made?.id === 'string' ? made.id : null
}

/** What a handler of an operation for no caller of a workspace is given. */
export interface OpenCall<O> extends Omit<Call<O>, 'caller'> { person: Person | null; requestId: string }

/** Binds a handler to an operation for a person who is signed in, or for anyone: `personOf` tells who asks. */
export const bindOpen = <Query extends z.ZodType, Body extends z.ZodType, AnswerShape extends z.ZodType>(
  app: Hono<AppEnv>,
  operation: Operation<Query, Body, AnswerShape>,
  personOf: (request: AskedRequest) => Promise<Person | null>,
  handle: (call: OpenCall<Operation<Query, Body, AnswerShape>>) => Promise<Reply<Operation<Query, Body, AnswerShape>>>,
): Hono<AppEnv> => {
  const { scope } = operation
  if (scope !== 'person' && scope !== 'anyone') throw new Error(`${operation.id} needs ${scope}: bind serves it.`)
  app.on(operation.method.toUpperCase(), pathOf(operation), async (context) => {
    const { raw } = context.req
    const person = await personOf(raw)
    if (!person && scope === 'person') throw new Unauthenticated('Sign in first: this is for the person who is signed in with this browser.')
    if (operation.unrepeatable && raw.headers.get('idempotency-key') !== null) throw new AppError('idempotency_not_allowed', UNREPEATABLE)
    const query = validateQuery(operation.query, searchOf(raw.url))
    const body = operation.body ? validateBody(operation.body, readJson(await context.req.text(), raw.headers.get('content-type'))) : await refuseBody(() => context.req.text(), operation)
    const call = { person, requestId: context.get('requestId'), params: context.req.param() as Record<string, string>, query, body, request: raw }
    const { status, headers, body: text } = answer(operation.status, await handle(call as OpenCall<Operation<Query, Body, AnswerShape>>))
    return new Response(text, { status, headers })
  })
  return app
}

/** The query string of an address, without its question mark. */
export const searchOf = (url: string): string => {
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at + 1)
}

const pathOf = ({ path }: Pick<Operation, 'path'>): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

/** A request as an operation is served from it, whoever routed it. */
export interface Asked { caller: Caller; params: Record<string, string>; search: string; request: AskedRequest; text(): Promise<string> }
export interface Answer { status: number; headers: Record<string, string>; body: string | ReadableStream<Uint8Array> | null }
export interface Bound { operation: Operation; serve(asked: Asked): Promise<Answer> }

/** A request whose signal is listened to must live as long as its answer: collected, it would not pass on that its caller has gone. */
const requestOf = new WeakMap<ReadableStream, AskedRequest>()

const bound = new WeakMap<object, Bound>()
/** What a route of the framework serves; undefined: no operation of the contract. */
export const boundOf = (handler: object): Bound | undefined => bound.get(handler)

const modeOf = ({ ledgered }: Operation, query: unknown): WriteMode => (ledgered ? ((query as { mode?: WriteMode } | undefined)?.mode ?? 'apply') : 'apply')

const UNREPEATABLE = 'This route answers a secret or takes a stream; send the request without Idempotency-Key.'
const refuseUnfit = (headers: AskedRequest['headers'], operation: Operation, caller: Caller) => {
  if (operation.unrepeatable && headers.get('idempotency-key') !== null) {
    throw new AppError('idempotency_not_allowed', UNREPEATABLE)
  }
  if (operation.versioned && caller.ifMatch === null && (caller.strict || headers.get('flowstate-strict') === '1')) {
    throw new AppError('precondition_required', 'Send If-Match with the ETag of the version that you changed.')
  }
}

const refuseBody = async (read: () => Promise<string>, operation: Operation): Promise<undefined> => {
  if (operation.method === 'get' || operation.stream) return undefined
  const text = await read()
  if (text !== '' && text.trim() !== '{}') throw new AppError('validation_failed', 'This route takes no body; send the request without one.', { errors: [{ pointer: '', code: 'unrecognized_keys', detail: 'takes no body' }] })
  return undefined
}

const JSON_TYPE = 'application/json; charset=utf-8'
const answer = <O>(status: number, reply: Reply<O>): Answer => {
  if ('empty' in reply) return { status, headers: {}, body: null }
  if ('notModified' in reply) return { status: 304, headers: { ...reply.notModified }, body: null }
  if ('stored' in reply) return { status: reply.stored.status, headers: { 'content-type': JSON_TYPE, ...reply.stored.headers, ...(reply.stored.replayed ? { 'idempotent-replayed': 'true' } : {}) }, body: reply.stored.body }
  if ('stream' in reply) return { status, headers: { 'content-type': reply.type, ...reply.headers }, body: reply.stream }
  return { status, headers: { 'content-type': JSON_TYPE, ...reply.headers }, body: 'json' in reply ? reply.json : JSON.stringify(reply.value) }
}
