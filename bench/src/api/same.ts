import type { Area } from './areas.ts'
import type { LoadRequest } from './load.ts'

const SAMPLE = 25
/** What two servers cannot agree on in a new record or a new place. */
const OWN = ['id', 'position', 'occurredAt', 'stageEnteredAt', 'createdAt', 'updatedAt', 'version']

const AROUND = 200

/** Refuses to measure servers that do not answer the same: reads byte for byte (PostgreSQL's own JSON but for its spaces), writes but for what each must make up itself. */
export const demandSame = async (areas: readonly Area[], ports: readonly [number, number], { spaces = false } = {}): Promise<void> => {
  for (const { what, requests, writes = false } of areas) {
    for (const request of requests.filter((_, index) => index % Math.max(1, Math.floor(requests.length / SAMPLE)) === 0)) {
      const [ours, bare] = await Promise.all(ports.map(async (port) => {
        const text = await ask(port, request)
        return writes ? shared(text) : spaces ? JSON.stringify(JSON.parse(text)) : text
      }))
      if (ours === bare || ours === undefined || bare === undefined) continue
      const at = Math.max(0, [...ours].findIndex((letter, index) => letter !== bare[index]) - AROUND)
      throw new Error(`To ${what} ours answers\n…${ours.slice(at, at + 2 * AROUND)}…\nand the limit\n…${bare.slice(at, at + 2 * AROUND)}…`)
    }
  }
}

const ask = async (port: number, { method, path, headers, body }: LoadRequest): Promise<string> => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, body: body ?? null })
  return response.text()
}

const shared = (text: string): string => JSON.stringify(Object.entries(JSON.parse(text) as Record<string, unknown>).map(([name, value]) => (OWN.includes(name) ? name : [name, value])))
