import { Agent, get } from 'node:http'
import { parentPort, Worker, workerData } from 'node:worker_threads'

/** A read every few milliseconds, whatever the others take; from a thread of its own, so that it waits for nobody but the server. */
const READ_EVERY_MS = 10
interface Asked { url: string; secret: string }

/** Reads until `done`, and answers how long each took, shortest first. */
export const readWhile = async (asked: Asked, done: Promise<unknown>): Promise<number[]> => {
  const worker = new Worker(new URL(import.meta.url), { workerData: asked })
  const latencies = new Promise<number[]>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  await Promise.race([done, latencies])
  worker.postMessage('stop')
  return latencies
}

const read = async ({ url, secret }: Asked, port: NonNullable<typeof parentPort>): Promise<void> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const latencies: number[] = []
  let open = 0
  const timer = setInterval(() => {
    const sent = performance.now()
    open++
    get(`${url}/api/v1/customers?limit=50`, { agent, headers: { authorization: `Bearer ${secret}` } }, (answer) => {
      answer.resume().on('end', () => {
        open--
        latencies.push(performance.now() - sent)
        if (answer.statusCode !== 200) throw new Error(`a read was answered with ${answer.statusCode}`)
      })
    })
  }, READ_EVERY_MS)
  await new Promise((resolve) => port.once('message', resolve))
  clearInterval(timer)
  while (open > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  agent.destroy()
  port.postMessage(latencies.sort((a, b) => a - b))
  port.close()
}

if (parentPort) await read(workerData as Asked, parentPort)
