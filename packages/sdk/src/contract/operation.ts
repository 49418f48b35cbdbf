import type { z } from 'zod'
import type { Scope } from './permissions.ts'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/**
 * One operation of the HTTP interface, said once: routes are bound to it, requests validated by it, permissions read from it,
 * OpenAPI and the SDK's types derived from it.
 */
export interface Operation<Query extends z.ZodType = z.ZodType, Body extends z.ZodType = z.ZodType, Answer extends z.ZodType = z.ZodType> {
  /** The operationId, `noun.verb`, which is also the SDK's method: `deals.move` is `flowstate.deals.move`. */
  id: string
  method: Method
  /** Below `/api/v1`, parameters in braces. */
  path: string
  /** What a parameter of the path can be, where that is a closed list. */
  params?: Record<string, readonly string[]>
  summary: string
  /** What the caller must hold; `person`: it is for whoever is signed in, in no workspace yet; `anyone`: what it takes stands in its body. */
  scope: Scope | 'person' | 'anyone'
  query?: Query
  body?: Body
  /** The media type of the body when it is a stream and not JSON. */
  stream?: readonly string[]
  status: 200 | 201 | 202 | 204
  answer?: Answer
  /** The media type of the answer when it is not JSON, or the range of all types where it is a file's own. */
  answerType?: string | readonly string[]
  /** The media type that it answers instead when `Accept` asks for it. */
  answersToo?: string
  /** Takes `If-Match` and is refused under `Flowstate-Strict` without it. */
  versioned?: boolean
  /** Writes CRM data: answers `Flowstate-Change-Set`, and takes `?mode=propose|rehearse`. */
  ledgered?: boolean
  /** Decides about a change set: answers `Flowstate-Change-Set`, but is done at once in any case. */
  deciding?: boolean
  /** Answers 201 instead of its status where it created the record. */
  creates?: boolean
  /** Takes a body of up to 8 MB instead of 1 MB. */
  large?: boolean
  /** Stands in the audit log when it was done. */
  audited?: boolean
  /** Answers a secret or cannot be replayed: `Idempotency-Key` is refused. */
  unrepeatable?: boolean
}

export const operation = <Query extends z.ZodType = z.ZodUndefined, Body extends z.ZodType = z.ZodUndefined, Answer extends z.ZodType = z.ZodUndefined>(
  of: Operation<Query, Body, Answer>,
): Operation<Query, Body, Answer> => of

export type QueryOf<O> = O extends Operation<infer Q, z.ZodType, z.ZodType> ? z.output<Q> : never
export type BodyOf<O> = O extends Operation<z.ZodType, infer B, z.ZodType> ? z.output<B> : never
export type AnswerOf<O> = O extends Operation<z.ZodType, z.ZodType, infer A> ? z.output<A> : never
