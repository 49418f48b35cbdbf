import { allOperations, ChangeSet, type Operation, Problem, Rehearsal } from '@flowstate-ai/sdk/contract'
import { z } from 'zod'
import { STATUS_OF } from './render-error.ts'

type Json = Record<string, unknown>

/** The contract as OpenAPI 3.1. Built once, at the first request for it. */
export const openApiDocument = (serverUrl: string): Json => {
  const schemas: Record<string, Json> = {}
  const paths: Record<string, Record<string, Json>> = {}
  const register = (schema: z.ZodType, io: 'input' | 'output'): Json => refer(schema, io, schemas)
  register(Problem, 'output')
  for (const operation of allOperations()) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation, register) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Flowstate-AI', version: '1', license: { name: 'MIT', identifier: 'MIT' },
      description: 'A CRM that lives inside other people\'s software. Every answer carries `X-Request-Id`; errors are RFC 9457 problem details, whose `code` is for programs.',
    },
    servers: [{ url: serverUrl }],
    security: [{ bearer: [] }],
    tags: [...new Set(allOperations().map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'A secret key (`fsk_…`, on servers only) or an embed token (in pages).' } },
      responses: { Problem: { description: `What went wrong and how to mend it. Statuses: ${[...new Set(Object.values(STATUS_OF))].sort().join(', ')}.`, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } } },
    },
  }
}

const tagOf = ({ id }: Operation): string => id.split('.', 1)[0] ?? id

const operationObject = (operation: Operation, register: (schema: z.ZodType, io: 'input' | 'output') => Json): Json => ({
  operationId: operation.id,
  summary: operation.summary,
  tags: [tagOf(operation)],
  'x-scope': operation.scope,
  'x-ledgered': operation.ledgered ?? false,
  parameters: [...pathParameters(operation), ...queryParameters(operation), ...headerParameters(operation)],
  ...requestBody(operation, register),
  responses: {
    ...answers(operation, register),
    ...(operation.method === 'get' ? { 304: { description: 'Not changed since the ETag in If-None-Match.' } } : {}),
    '4XX': { $ref: '#/components/responses/Problem' },
    '5XX': { $ref: '#/components/responses/Problem' },
  },
})

/** A write of CRM data answers the record when it is done, and a change set when it was only proposed or rehearsed. */
const answers = ({ status, summary, answer, answerType, answersToo, ledgered, creates }: Operation, register: (schema: z.ZodType, io: 'input' | 'output') => Json): Record<string, Json> => {
  const json = (description: string, schema: Json): Json => ({ description, content: { 'application/json': { schema } } })
  if (!answer) return { [status]: { description: summary, ...(answerType ? { content: Object.fromEntries([answerType].flat().map((type) => [type, { schema: { type: 'string' } }])) } : {}) } }
  const done = register(answer, 'output')
  if (answersToo) return { [status]: { description: summary, content: { 'application/json': { schema: done }, [answersToo]: { schema: { type: 'string' } } } } }
  if (!ledgered) return { [status]: json(summary, done) }
  const [proposed, rehearsed] = [register(ChangeSet, 'output'), register(Rehearsal, 'output')]
  return {
    [status]: json(summary, status === 200 ? { anyOf: [done, rehearsed] } : done),
    ...(creates ? { 201: json(`${summary}: it was created`, done) } : {}),
    ...(status === 200 ? {} : { 200: json('With `mode=rehearse`: what it would change', rehearsed) }),
    202: json('With `mode=propose`, or undone as a task: the change set', proposed),
  }
}

const pathParameters = ({ path, params = {} }: Operation): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, in: 'path', required: true, schema: { type: 'string', ...(params[name] ? { enum: params[name] } : {}) } }))

const queryParameters = ({ query }: Operation): Json[] => {
  if (!query) return []
  const { properties = {}, required = [] } = jsonSchema(query, 'input') as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({ name, in: 'query', required: required.includes(name), schema, ...(description ? { description } : {}) }))
}

const headerParameters = ({ method, unrepeatable, versioned }: Operation): Json[] => [
  ...(method === 'get' ? [{ name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' }, description: 'An ETag; answers 304 when nothing has changed.' }] : []),
  ...(method === 'get' || unrepeatable ? [] : [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 255 }, description: 'Makes a repetition harmless for 24 hours: the first answer is replayed.' }]),
  ...(versioned ? [{ name: 'If-Match', in: 'header', required: false, schema: { type: 'string' }, description: 'The ETag of the version that was read; 412 when the record has changed since.' }] : []),
]

const requestBody = ({ body, stream, method }: Operation, register: (schema: z.ZodType, io: 'input' | 'output') => Json): Json => {
  if (stream) return { requestBody: { required: true, content: Object.fromEntries(stream.map((type) => [type, { schema: { type: 'string' } }])) } }
  if (!body) return {}
  return { requestBody: { required: true, content: { [method === 'patch' ? 'application/merge-patch+json' : 'application/json']: { schema: register(body, 'input') } } } }
}

/** A schema with a name becomes a component; its parts that have names stay inline there, which every reader understands. */
const refer = (schema: z.ZodType, io: 'input' | 'output', schemas: Record<string, Json>): Json => {
  const { $defs = {}, ...root } = jsonSchema(schema, io) as Json & { $defs?: Record<string, Json> }
  for (const [name, definition] of Object.entries($defs)) schemas[name] = withoutIds(moved(definition)) as Json
  const name = schema.meta()?.id
  const own = withoutIds(moved(root)) as Json
  // A schema with a name stands among the definitions already, and is only pointed to.
  if (typeof name !== 'string' || '$ref' in own) return own
  schemas[name] = own
  return { $ref: `#/components/schemas/${name}` }
}

/** A body's JSON Schema by itself, for who asks about one operation alone. */
export const bodySchema = (schema: z.ZodType): Json => {
  const { $defs = {}, ...root } = jsonSchema(schema, 'input') as Json & { $defs?: Record<string, Json>; $ref?: string }
  const own = root.$ref === undefined ? root : ($defs[root.$ref.replace('#/$defs/', '')] ?? {})
  return withoutIds(own) as Json
}

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any', override: ({ zodSchema, jsonSchema }) => {
    // A transformed instant has no schema of its own on the way out; it is what it was on the way in.
    if (io === 'output' && zodSchema._zod.def.type === 'pipe' && Object.keys(jsonSchema).length === 0) Object.assign(jsonSchema, { type: 'string', format: 'date-time' })
  } }) as Json
  return rest
}

const moved = (value: unknown): unknown => mapRefs(value, (ref) => ref.replace('#/$defs/', '#/components/schemas/'))
const mapRefs = (value: unknown, change: (ref: string) => string): unknown => {
  if (Array.isArray(value)) return value.map((item) => mapRefs(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, key === '$ref' && typeof child === 'string' ? change(child) : mapRefs(child, change)]))
}
const withoutIds = (schema: unknown): unknown => {
  if (typeof schema !== 'object' || schema === null || !('id' in schema) || typeof schema.id !== 'string') return schema
  const { id: _, ...rest } = schema
  return rest
}
