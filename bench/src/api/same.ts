import type { Area } from './areas.ts'
import type { LoadRequest } from './load.ts'

const SAMPLE = 25
/** What two servers cannot agree on in a new record or a new place. */
const OWN = ['id', 'position', 'occurredAt', 'stageEnteredAt', 'createdAt', 'updatedAt', 'version']

/** Refuses to measure servers that do not answer the same: reads byte for byte, writes but for what each must make up itself. */
export const demandSame = async (areas: readonly Area[], ports: readonly [number, number]): Promise<void> => {
  for (const { what, requests, writes = false } of areas) {
    for (const request of requests.filter((_, index) => index % Math.max(1, Math.floor(requests.length / SAMPLE)) === 0)) {
      const [ours, bare] = await Promise.all(ports.map(async (port) => {
        const text = await ask(port, request)
        return writes ? shared(text) : text
      }))
      if (ours !== bare) throw new Error(`To ${what} ours answers\n${ours}\nand the limit\n${bare}`)
    }
  }
}

const ask = async (port: number, { method, path, headers, body }: LoadRequest): Promise<string> => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, body: body ?? null })
  return response.text()
}

const shared = (text: string): string => JSON.stringify(Object.entries(JSON.parse(text) as Record<string, unknown>).map(([name, value]) => (OWN.includes(name) ? name : [name, value])))
