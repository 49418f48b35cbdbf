import { appendFileSync } from 'node:fs'
import { Flowstate } from '@flowstate-ai/sdk'

/** Attempted above what is promised, so that what is promised is reached. */
const EACH_MS = 12
/** While each write waits for a lock, this many do. */
const MOST_OPEN = 400
const READERS = 4
const READ_PAUSE_MS = 20
const SETTLED_WITHIN_MS = 60_000

interface Refused { name: string; uncertain: boolean; again: boolean }
type Counts = Map<number, number>
export interface Phase { name: string; writes: Counts; reads: Counts; ms: number }

/**
 * Writes and reads over HTTP beside whatever happens to the storage, counted by phase. Each write carries an Idempotency-Key; half of what
 * is refused is sent again in the end, the other half must not be there.
 */
export const startStorageLoad = ({ url, key, log }: { url: string; key: string; log: string }) => {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const phases: Phase[] = []
  const refused: Refused[] = []
  /** The seqs that came, over server-sent events and from the room. */
  const seen = { stream: [] as number[], room: [] as number[] }
  const odd = new Set<string>()
  const over = new AbortController()
  let phase: Phase
  let began = performance.now()
  const enter = (name: string) => {
    const now = performance.now()
    if (phase) phase.ms += now - began
    began = now
    phase = { name, writes: new Map(), reads: new Map(), ms: 0 }
    phases.push(phase)
  }
  enter('at first')

  const count = (counts: Counts, status: number) => counts.set(status, (counts.get(status) ?? 0) + 1)
  const post = async (name: string, into: Phase): Promise<number> => {
    let status = 0
    try {
      const response = await fetch(`${url}/api/v1/companies`, { method: 'POST', headers: { ...headers, 'idempotency-key': name }, body: JSON.stringify({ name, description: 'Some words that take room. '.repeat(20) }) })
      ;({ status } = response)
      const text = await response.text()
      if (response.ok) appendFileSync(log, `${name}\n`)
      else {
        if (!response.headers.get('content-type')?.startsWith('application/problem+json') || response.headers.get('retry-after') === null) odd.add(`${status} ${text}`)
        if (into !== settling) refused.push({ name, uncertain: text.includes('written or not'), again: refused.length % 2 === 0 })
      }
    } catch (error) {
      odd.add(`a write was not answered: ${causeOf(error)}`)
    }
    count(into.writes, status)
    return status
  }
  const settling: Phase = { name: 'sent again', writes: new Map(), reads: new Map(), ms: 0 }

  let next = 0
  let open = 0
  const start = performance.now()
  const pacer = setInterval(() => {
    while (open < MOST_OPEN && next * EACH_MS < performance.now() - start) {
      open++
      void post(`Load ${next++}`, phase).finally(() => { open-- })
    }
  }, 5)

  const reader = async (offset: number) => {
    const paths = ['/companies?limit=50', '/companies?sort=-name&limit=20', '/companies?q=load&limit=5', '/search?q=load', '/changes?since=0&limit=50', '/customers', '/deals', '/stats', '/tasks', '/imports', '/duplicates', '/changesets?limit=20', '/files']
    const etags = new Map<string, string>()
    for (let turn = offset; !over.signal.aborted; turn++) {
      const path = paths[turn % paths.length] ?? ''
      const of = phase
      try {
        const response = await fetch(`${url}/api/v1${path}`, { headers: { authorization: headers.authorization, ...(etags.has(path) ? { 'if-none-match': etags.get(path) ?? '' } : {}) } })
        const text = await response.text()
        const etag = response.headers.get('etag')
        if (etag !== null) etags.set(path, etag)
        if (response.status >= 400 && response.status !== 503) odd.add(`${path}: ${response.status} ${text}`)
        count(of.reads, response.status)
      } catch (error) {
        odd.add(`a read was not answered: ${causeOf(error)}`)
        count(of.reads, 0)
      }
      await new Promise((resolve) => setTimeout(resolve, READ_PAUSE_MS))
    }
  }
  const readers = Array.from({ length: READERS }, (_, index) => reader(index * 3))

  const flowstate = new Flowstate({ baseUrl: url, key })
  const following = (async () => {
    for await (const event of flowstate.changes.stream({ since: 0, signal: over.signal })) if (event.type === 'change') seen.stream.push(event.change.seq)
  })().catch((error: unknown) => { if (!over.signal.aborted) odd.add(`the stream of changes ended: ${String(error)}`) })
  const feed = flowstate.realtime.subscribe({ channels: ['changes'], since: 0, signal: over.signal, onEvent: (event) => { if (event.type === 'change') seen.room.push(event.change.seq) } })
  const stopping = async () => {
    over.abort()
    feed.close()
    await Promise.all([...readers, following])
  }

  return {
    enter,
    /** Counts of the phase under way. */
    writes: (...statuses: number[]) => statuses.reduce((sum, status) => sum + (phase.writes.get(status) ?? 0), 0),
    reads: (...statuses: number[]) => statuses.reduce((sum, status) => sum + (phase.reads.get(status) ?? 0), 0),
    phases, odd, refused, seen,
    /** Writes no more, and sends again what was refused and is to be there. */
    async settle(): Promise<{ attempted: number; ms: number; unsettled: number }> {
      clearInterval(pacer)
      const [attempted, ms] = [next, performance.now() - start]
      while (open > 0) await new Promise((resolve) => setTimeout(resolve, 20))
      phase.ms += performance.now() - began
      const until = performance.now() + SETTLED_WITHIN_MS
      let left = refused.filter(({ again }) => again)
      while (left.length > 0 && performance.now() < until) {
        const missed: Refused[] = []
        for (const each of left) if ((await post(each.name, settling)) >= 300) missed.push(each)
        left = missed
      }
      return { attempted, ms, unsettled: left.length }
    },
    stop: stopping,
    /** Ends it in the middle, when something went wrong. */
    async abandon(): Promise<void> {
      clearInterval(pacer)
      await stopping()
    },
  }
}
export type StorageLoad = ReturnType<typeof startStorageLoad>

const causeOf = (error: unknown): string => (error instanceof Error && error.cause !== undefined ? `${error.message}: ${String(error.cause)}` : String(error))
