import { Flowstate } from '@flowstate-ai/sdk'
import { accountHolds, accountOf } from './account.ts'
import type { Phase, StorageLoad } from './storage-load.ts'

const WITHIN_MS = 60_000
const LOOK_EVERY_MS = 50
const LEAST_ATTEMPTED = 50

export interface Verdict { problems: string[]; say(line: string): void; check(good: boolean, what: string): void }
export const createVerdict = (): Verdict => {
  const problems: string[] = []
  return { problems, say: (line) => void process.stdout.write(`${line}\n`), check: (good, what) => { if (!good) problems.push(what) } }
}

/** Looks until it is so; false when it was not in time. `meanwhile` is done at each look. */
export const until = async (so: () => boolean | Promise<boolean>, meanwhile: () => void = () => undefined, withinMs = WITHIN_MS): Promise<boolean> => {
  const end = performance.now() + withinMs
  while (performance.now() < end) {
    meanwhile()
    if (await so()) return true
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  return false
}

export const statusOf = async (url: string, init: RequestInit = {}): Promise<number> => {
  const response = await fetch(url, init)
  await response.arrayBuffer()
  return response.status
}

/** After all that was done to the storage, with the server that was there at first: what was answered holds. */
export const verify = async (load: StorageLoad, { url, key, log, readsMayFail }: { url: string; key: string; log: string; readsMayFail: boolean }, { say, check }: Verdict): Promise<void> => {
  const { attempted, ms, unsettled } = await load.settle()
  check(unsettled === 0, `${unsettled} refused writes were refused again once all was well`)
  check(await until(async () => await statusOf(`${url}/readyz`) === 200), '/readyz is not 200 once all is well')
  const account = await accountOf(url, key, log)
  const caught = async (found: () => number[]) => {
    const came = await until(() => found().length >= account.feed)
    return came && found().every((seq, index) => seq === index + 1)
  }
  const [stream, room] = await Promise.all([caught(() => load.seen.stream), caught(() => load.seen.room)])
  const flowstate = new Flowstate({ baseUrl: url, key })
  let index = { complete: false, items: [] as unknown[] }
  check(await until(async () => (index = await flowstate.search.query({ q: 'Load' })).complete), 'the search index did not catch up')
  await load.stop()

  const names = new Set<string>()
  for await (const { name } of flowstate.companies.list({ limit: 200 })) names.add(name)
  const abandoned = load.refused.filter(({ again }) => !again)
  const kept = abandoned.filter(({ name }) => names.has(name))
  const rate = attempted / (ms / 1_000)
  for (const phase of load.phases) say(`  ${line(phase)}`)
  say(`  ${attempted} writes attempted, ${rate.toFixed(0)} a second; ${account.acknowledged} acknowledged, ${load.refused.length} refused, half of them sent again with their key`)
  say(`  lost ${account.lost}, doubled ${account.doubled}, holes ${account.holes}; kept ${account.kept}, in the feed ${account.feed}`)
  say(`  of ${abandoned.length} refused and not sent again ${kept.length} are there, ${kept.filter(({ uncertain }) => uncertain).length} of which were told that they might be`)
  say(`  the stream of changes: ${stream ? 'all, in order' : 'incomplete'}; the room: ${room ? 'all, in order' : 'incomplete'}; the search index: ${index.complete ? 'complete' : 'incomplete'}`)
  check(accountHolds(account), 'the account does not hold')
  check(kept.every(({ uncertain }) => uncertain), 'a write that was refused for certain is there')
  check(stream, 'the stream of changes is not gap-free')
  check(room, 'the room is not gap-free')
  check(rate >= LEAST_ATTEMPTED, `only ${rate.toFixed(0)} writes a second were attempted`)
  for (const what of load.odd) check(false, what)
  for (const { name, writes, reads } of load.phases) {
    for (const status of writes.keys()) check((status >= 200 && status < 300) || status === 503 || status === 507, `${name}: a write was answered ${status}`)
    for (const status of reads.keys()) check(status === 200 || status === 304 || (readsMayFail && status === 503), `${name}: a read was answered ${status}`)
  }
}

const line = ({ name, writes, reads, ms }: Phase): string => {
  const counts = (map: Map<number, number>) => [...map].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`).join(', ') || 'none'
  return `${name} (${(ms / 1_000).toFixed(1)} s): writes ${counts(writes)}; reads ${counts(reads)}`
}
