import { gzipSync } from 'node:zlib'
import type { Documented, Parameter } from './document.ts'
import { ODD_HEADERS, ODD_QUERIES, ODD_SEGMENTS, ODD_TYPES, spoiltBody } from './spoil.ts'
import { type Making, valueOf } from './values.ts'

export interface HostileRequest {
  /** Null: no documented operation is meant. */
  operation: Documented | null
  bytes: Buffer
  /** The very framing of HTTP is broken: to hang up without a word is an answer too. */
  broken: boolean
  kind: string
}
export interface Address { prefix: string; host: string; credential: string }

interface Draft { operation: Documented; method: string; path: string; query: string; headers: string[]; type: string | null; body: Buffer | null; value: unknown; kind: string }

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'QUERY', 'get', 'FOO'] as const

/** One request for an operation: as documented, nearly so, or not at all. */
export const hostileRequest = (operation: Documented, making: Making, address: Address): HostileRequest => {
  const { random } = making
  const draft = asDocumented(operation, making)
  const [kind, spoil] = random.pick(WAYS)
  if (kind === 'framing') return brokenFraming(draft, making, address)
  spoil(draft, making)
  return { operation: draft.method === operation.method && !kind.startsWith('path') ? operation : null, bytes: assembled(draft, address), broken: kind === 'header', kind }
}

type Way = readonly [kind: string, spoil: (draft: Draft, making: Making) => void]
const nothing = () => undefined
const WAYS: Way[] = [
  ...Array.from({ length: 9 }, (): Way => ['documented', nothing]),
  ...Array.from({ length: 7 }, (): Way => ['body', (draft, making) => { if (draft.body) draft.body = spoiltBody(draft.value, making) }]),
  ...Array.from({ length: 3 }, (): Way => ['path', (draft, { random }) => {
    const parts = draft.path.split('/')
    parts[random.between(1, parts.length - 1)] = random.pick(ODD_SEGMENTS)
    draft.path = parts.join('/')
  }]),
  ...Array.from({ length: 4 }, (): Way => ['query', (draft, { random }) => { draft.query = [draft.query, random.pick(ODD_QUERIES)].filter(Boolean).join('&') }]),
  ...Array.from({ length: 3 }, (): Way => ['header', (draft, { random }) => { draft.headers.push(...random.pick(ODD_HEADERS)) }]),
  ['type', (draft, { random }) => { draft.type = random.pick(ODD_TYPES) }],
  ['method', (draft, { random }) => { draft.method = random.pick(METHODS) }],
  ['unasked body', (draft, making) => { draft.body ??= spoiltBody({}, making); draft.type ??= 'application/json' }],
  ['framing', nothing],
]

const asDocumented = (operation: Documented, making: Making): Draft => {
  const { random } = making
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(pathValue(operation, name, making)))
  const of = (where: Parameter['in']) => operation.parameters.filter((parameter) => parameter.in === where)
  const queries = of('query').filter(({ required }) => required || random.chance(Math.min(0.3, 2 / of('query').length)))
  const query = queries.map(({ name, schema }) => `${encodeURIComponent(name)}=${encodeURIComponent(textOf(valueOf(schema, making)))}`).join('&')
  const headers = of('header').filter(() => random.chance(0.2)).map(({ name }) => `${name}: ${name === 'Idempotency-Key' ? `k-${random.below(1_000_000)}` : `"${random.between(1, 4)}"`}`)
  const value = operation.body ? bounded(valueOf(operation.body.schema, making)) : undefined
  const isJson = operation.body?.type.includes('json') ?? false
  const body = operation.body ? Buffer.from(isJson ? (JSON.stringify(value) ?? '') : csvOf(making)) : null
  return { operation, method: operation.method, path, query, headers, type: operation.body?.type ?? null, body, value, kind: 'documented' }
}

/** What asks to wait is not slow. */
const bounded = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, name === 'waitMs' ? 0 : bounded(item)]))
}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value) ?? '')
const csvOf = ({ random, text }: Making): string => ['name,email,externalId,nothing', ...Array.from({ length: random.below(5) }, () => [text(), 'a@x.com', text(), '"open'].slice(0, random.between(1, 4)).join(','))].join('\n')

const PREFIXES: Record<string, string> = { companies: 'com', customers: 'cus', deals: 'dea', pipelines: 'pip', stages: 'stg', interactions: 'int', fields: 'fld', tags: 'tag', views: 'vie', members: 'mem', changesets: 'chg', actions: 'act', agents: 'agt', tasks: 'tsk', imports: 'imp', keys: 'key' }
const pathValue = ({ path }: Documented, name: string, making: Making): string => {
  const { random, ids } = making
  const noun = path.split('/')[1] ?? ''
  if (name === 'key') return random.pick(['email', 'domain', 'externalId', 'phone'])
  if (name === 'id') {
    const known = ids.get(PREFIXES[noun] ?? [...ids.keys()].find((prefix) => noun.startsWith(prefix)) ?? '')
    return known && known.length > 0 ? random.pick(known) : `${PREFIXES[noun] ?? 'x'}_01jd3w7k5r8e4n2v6y9q0x1z3b`
  }
  return making.text() || 'x'
}

const assembled = ({ method, path, query, headers, type, body }: Draft, { prefix, host, credential }: Address): Buffer => {
  const given = headers.map((line) => line.split(':', 1)[0]?.toLowerCase())
  const lines = [
    `${method} ${prefix}${path}${query ? `?${query}` : ''} HTTP/1.1`,
    ...(given.includes('host') ? [] : [`Host: ${host}`]), ...(given.includes('authorization') ? [] : [`Authorization: Bearer ${credential}`]),
    ...(type === null ? [] : [`Content-Type: ${type}`]), ...(body === null ? [] : [`Content-Length: ${body.length}`]), ...(given.includes('connection') ? [] : ['Connection: close']), ...headers,
  ]
  // Paths are sent as UTF-8, headers as the bytes of their code points.
  const [first = '', ...rest] = lines
  return Buffer.concat([Buffer.from(first), Buffer.from(`\r\n${rest.join('\r\n')}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)])
}

const brokenFraming = (draft: Draft, { random }: Making, address: Address): HostileRequest => {
  const body = draft.body ?? Buffer.from('{}')
  const head = (...headers: string[]) => [`${draft.method} ${address.prefix}${draft.path} HTTP/1.1`, `Host: ${address.host}`, `Authorization: Bearer ${address.credential}`, `Content-Type: ${draft.type ?? 'application/json'}`, 'Connection: close', ...headers].join('\r\n') + '\r\n\r\n'
  const chunked = (text: Buffer | string) => Buffer.concat([Buffer.from(`${text.length.toString(16)}\r\n`), Buffer.from(text), Buffer.from('\r\n')])
  const END = Buffer.from('0\r\n\r\n')
  const [broken, bytes] = random.pick<() => readonly [boolean, Buffer]>([
    () => [false, Buffer.concat([Buffer.from(head('Transfer-Encoding: chunked')), chunked(body), END])],
    () => [false, Buffer.concat([Buffer.from(head('Transfer-Encoding: chunked')), ...Array.from(body, (byte) => chunked(Buffer.from([byte]))), END])],
    () => [false, Buffer.concat([Buffer.from(head('Content-Encoding: gzip', `Content-Length: ${gzipSync(body).length}`)), gzipSync(body)])],
    () => [false, Buffer.concat([Buffer.from(head('Content-Encoding: gzip', `Content-Length: ${body.length}`)), body])],
    () => [false, Buffer.concat([Buffer.from(head('Content-Encoding: br, x', `Content-Length: ${body.length}`)), body])],
    () => [true, Buffer.concat([Buffer.from(head('Transfer-Encoding: chunked')), Buffer.from('zz\r\n'), body])],
    () => [true, Buffer.concat([Buffer.from(head('Transfer-Encoding: chunked', `Content-Length: ${body.length}`)), body])],
    () => [true, Buffer.concat([Buffer.from(head('Transfer-Encoding: gzip, chunked')), chunked(body), END])],
    () => [true, Buffer.concat([Buffer.from(head('Transfer-Encoding: identity')), body])],
    () => [true, Buffer.from(head('Content-Length: -1'))],
    () => [true, Buffer.from(head('Content-Length: 1x'))],
    () => [true, Buffer.from(head('Content-Length: 2', 'Content-Length: 3'))],
    () => [true, Buffer.from(head('Content-Length: 99999999999999999999'))],
    () => [false, Buffer.from(head('Content-Length: 2147483648'))],
    () => [true, Buffer.from(head(' folded: x'))],
    () => [true, Buffer.from(head('No colon'))],
    () => [true, Buffer.from(head('X\u0000: y'))],
    () => [true, Buffer.from(head('X: a\u0000b'))],
    () => [true, Buffer.from(`GET ${address.prefix}/deals HTTP/9.9\r\nHost: x\r\n\r\n`)],
    () => [true, Buffer.from(`GET ${address.prefix}/deals HTTP/1.0\r\n\r\n`)],
    () => [true, Buffer.from(`GET ${address.prefix}/deals HTTP/1.1\r\nConnection: close\r\n\r\n`)],
    () => [true, Buffer.from(`GET  ${address.prefix}/deals  HTTP/1.1\r\nHost: x\r\n\r\n`)],
    () => [true, Buffer.from(`GET http://evil.example${address.prefix}/deals HTTP/1.1\r\nHost: ${address.host}\r\nConnection: close\r\n\r\n`)],
    () => [true, Buffer.from(`GET http:// HTTP/1.1\r\nHost: ${address.host}\r\nConnection: close\r\n\r\n`)],
    () => [true, Buffer.from(`GET // HTTP/1.1\r\nHost: ${address.host}\r\nConnection: close\r\n\r\n`)],
    () => [true, Buffer.from(`GET //evil.example/x HTTP/1.1\r\nHost: ${address.host}\r\nConnection: close\r\n\r\n`)],
    () => [true, Buffer.from(`GET \\\\evil HTTP/1.1\r\nHost: ${address.host}\r\nConnection: close\r\n\r\n`)],
    () => [true, Buffer.from(`OPTIONS * HTTP/1.1\r\nHost: ${address.host}\r\nConnection: close\r\n\r\n`)],
    () => [true, Buffer.from(`CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n`)],
    () => [true, Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    () => [true, Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
    () => [true, Buffer.from('\r\n\r\n\r\nnothing\r\n\r\n')],
    () => [true, Buffer.from(`GET ${'/x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)],
  ])()
  return { operation: broken ? null : draft.operation, bytes, broken, kind: 'framing' }
}
