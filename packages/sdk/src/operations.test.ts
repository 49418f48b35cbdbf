import { describe, expect, it } from 'vitest'
import { allOperations } from './contract/index.ts'
import { Flowstate } from './index.ts'
import { Resource } from './resources/resource.ts'

const ID = 'an/id'

/** Arguments for the methods whose arguments are not an id and a body; `{…}` in a path stands for `idOf` of its name. */
const ARGUMENTS: Record<string, unknown[]> = {
  'ai.run': ['next-best-actions', {}],
  'companies.upsert': [ID, ID, {}], 'customers.upsert': [ID, ID, {}], 'deals.upsert': [ID, ID, {}], 'interactions.upsert': [ID, ID, {}],
  'search.query': [{ q: 'x' }],
  'exports.stream': [ID],
  'imports.upload': ['name\nAcme\n', { noun: 'companies' }],
}
/** Methods that stand on several operations, or on none of their own. */
const BEYOND_THE_CONTRACT = ['realtime.subscribe', 'exports.text', 'exports.records', 'changes.stream', 'imports.wait']
/** Chunks of `batch`. */
const CHUNKED = allOperations().filter(({ id }) => id.endsWith('.batch')).flatMap(({ id }) => ['createMany', 'updateMany', 'upsertMany'].map((verb) => id.replace('batch', verb)))

interface Sent { method: string; path: string; headers: Headers }
const recorder = () => {
  const sent: Sent[] = []
  const flowstate = new Flowstate({
    baseUrl: 'https://crm.example', key: 'fsk_test',
    fetch: async (url, init) => {
      sent.push({ method: init?.method?.toLowerCase() ?? 'get', path: new URL(url).pathname, headers: new Headers(init?.headers) })
      return Response.json({ items: [], nextCursor: null })
    },
  })
  return { flowstate, sent }
}
const methodOf = (flowstate: Flowstate, id: string): ((...args: unknown[]) => PromiseLike<unknown>) | undefined => {
  const [noun = '', verb = ''] = id.split('.')
  const resource = (flowstate as unknown as Record<string, Record<string, (...args: unknown[]) => PromiseLike<unknown>>>)[noun]
  const method = resource?.[verb]
  return method && ((...args) => method.apply(resource, args))
}

describe('the SDK and the contract', () => {
  it.each(allOperations().map((operation) => [operation.id, operation] as const))('%s is a method that sends its request', async (id, operation) => {
    const { flowstate, sent } = recorder()
    const method = methodOf(flowstate, id)
    expect(method, `flowstate.${id} does not exist`).toBeTypeOf('function')
    const args = ARGUMENTS[id] ?? [...(operation.path.includes('{') ? [ID] : []), ...(operation.body ? [{}] : [])]
    await method?.(...args)
    const filled = operation.path.replaceAll(/\{\w+\}/g, id === 'ai.run' ? 'next-best-actions' : encodeURIComponent(ID))
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({ method: operation.method, path: `/api/v1${filled}` })
  })

  it.each(allOperations().map((operation) => [operation.id, operation] as const))('%s carries an idempotency key just where the server takes one', async (id, operation) => {
    const { flowstate, sent } = recorder()
    await methodOf(flowstate, id)?.(...(ARGUMENTS[id] ?? [...(operation.path.includes('{') ? [ID] : []), {}]))
    expect(sent[0]?.headers.has('idempotency-key')).toBe(operation.method !== 'get' && !operation.unrepeatable)
  })

  it('has no method that the contract does not know', () => {
    const { flowstate } = recorder()
    const known = new Set([...CHUNKED, ...allOperations().map(({ id }) => id), ...BEYOND_THE_CONTRACT])
    const methods = Object.entries(flowstate)
      .filter((entry): entry is [string, Resource] => entry[1] instanceof Resource)
      .flatMap(([noun, resource]) => verbsOf(resource).map((verb) => `${noun}.${verb}`))
    expect(methods.filter((method) => !known.has(method))).toEqual([])
  })
})

const INHERITED = new Set(Object.getOwnPropertyNames(Resource.prototype))
const verbsOf = (resource: Resource): string[] => {
  const verbs = new Set<string>()
  for (let proto: object = Object.getPrototypeOf(resource) as object; proto !== Resource.prototype; proto = Object.getPrototypeOf(proto) as object) {
    for (const name of Object.getOwnPropertyNames(proto)) if (!INHERITED.has(name)) verbs.add(name)
  }
  return [...verbs]
}
