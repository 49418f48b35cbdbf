import { createRandom } from '../../demo/random.ts'
import { type OpenApi, operationsOf } from './document.ts'
import { createJudge } from './judge.ts'
import { type RawAnswer, sendRaw } from './raw-http.ts'
import { hostileRequest, type HostileRequest } from './requests.ts'
import { createText, type Making } from './values.ts'

export interface Finding { index: number; kind: string; operation: string; fault: string; request: string; answer: string; ms: number }
export interface HostileRun {
  port: number
  /** What the interface is below, such as `/api/v1`. */
  prefix: string
  credentials: readonly string[]
  /** Ids that requests must not name: of the keys that they are sent with. */
  spared: readonly string[]
  seed: number
  count: number
  naughty?: readonly string[]
  /** Slower than this is a finding; undefined: nothing is. */
  slowestMs?: number
  said?: (index: number) => void
}

const AT_ONCE = 8
const MOST_IDS = 200
/** The server gave a body that was promised and never sent the time that any body has. */
const WAITED_FOR = 408

/** Sends requests made from the server's own document, and holds every answer to it. The same seed makes the same requests, but for the ids. */
export const runHostile = async ({ port, prefix, credentials, spared, seed, count, naughty = [], slowestMs, said }: HostileRun) => {
  const document = await documentOf(port, prefix)
  const operations = operationsOf(document)
  const judge = createJudge(document)
  const ids = new Map<string, string[]>()
  const findings: Finding[] = []
  const statuses: Record<string, number> = {}
  const kinds: Record<string, number> = {}
  let slowest = 0
  let next = 0

  const harvest = (body: string) => {
    for (const [id, prefixOf = ''] of body.matchAll(/\b([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}\b/g)) {
      if (spared.includes(id)) continue
      const known = ids.get(prefixOf) ?? []
      if (known.includes(id)) continue
      known.push(id)
      if (known.length > MOST_IDS) known.shift()
      ids.set(prefixOf, known)
    }
  }
  const one = async (index: number): Promise<void> => {
    const random = createRandom(seed * 1_000_003 + index)
    const making: Making = { random, schemas: document.components.schemas, ids, text: createText(random, naughty) }
    // Creations come first, so that there is something to read, change and spoil.
    const pool = index < operations.length * 2 ? operations.filter(({ method, path }) => method === 'POST' && !path.includes('{')) : operations
    const request = hostileRequest(random.pick(pool), making, { prefix, host: `127.0.0.1:${port}`, credential: random.pick(credentials) })
    const answer = await sendRaw(port, request.bytes, { untilHeadersOf: ['text/event-stream'] }).catch((error: unknown) => error instanceof Error ? error : new Error(String(error)))
    const fault = answer instanceof Error ? answer.message : judge(request, answer) ?? slowness(answer)
    const status = answer instanceof Error ? 'not HTTP' : answer === null ? 'hung up' : String(answer.status)
    statuses[status] = (statuses[status] ?? 0) + 1
    kinds[request.kind] = (kinds[request.kind] ?? 0) + 1
    if (!(answer instanceof Error) && answer) {
      if (answer.status !== WAITED_FOR) slowest = Math.max(slowest, answer.ms)
      if (answer.status < 300) harvest(answer.body)
    }
    if (fault) findings.push(findingOf(index, request, answer, fault))
    said?.(index)
  }
  const slowness = (answer: RawAnswer | null): string | null => (answer && slowestMs !== undefined && answer.status !== WAITED_FOR && answer.ms > slowestMs ? `took ${Math.round(answer.ms)} ms` : null)

  await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (next < count) await one(next++) }))
  return { findings, statuses, kinds, slowest, operations: operations.length }
}

const findingOf = (index: number, { kind, operation, bytes }: HostileRequest, answer: RawAnswer | Error | null, fault: string): Finding => ({
  index, kind, fault, operation: operation?.id ?? '', request: bytes.subarray(0, 3_000).toString('utf8'), ms: answer instanceof Error || !answer ? 0 : answer.ms,
  answer: answer instanceof Error || !answer ? '' : `${answer.status} ${answer.headers['content-type'] ?? ''}\n${answer.body.slice(0, 1_500)}`,
})

const documentOf = async (port: number, prefix: string): Promise<OpenApi> => {
  const response = await fetch(`http://127.0.0.1:${port}${prefix.replace(/\/api\/v1$/, '')}/openapi.json`)
  if (!response.ok) throw new Error(`/openapi.json answered ${response.status}`)
  return (await response.json()) as OpenApi
}
