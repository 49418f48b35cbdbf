import { readdirSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'

/** The priority of each thread of this process, by its id: `man proc`, the nineteenth field of `stat`. */
const priorities = (): Map<string, number> => new Map(readdirSync('/proc/self/task').map((task) => [task, Number(readFileSync(`/proc/self/task/${task}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[16])]))

describe.runIf(process.platform === 'linux')('giving way', () => {
  it('lowers the priority of the thread that calls it, and of no other', async () => {
    const before = priorities()
    // It lives until it is terminated: a thread that has ended is listed nowhere.
    const worker = new Worker(`import(${JSON.stringify(new URL('./give-way.ts', import.meta.url).href)}).then(({ giveWay }) => giveWay()).then(() => require('node:worker_threads').parentPort.postMessage(require('node:fs').readlinkSync('/proc/thread-self'))); setInterval(() => undefined, 1_000)`, { eval: true })
    const [self] = (await once(worker, 'message')) as [string]
    const after = priorities()
    await worker.terminate()
    const lowered = [...after].filter(([task, nice]) => nice > (before.get(task) ?? Math.max(...before.values()))).map(([task]) => task)
    expect(lowered).toEqual([self.split('/').at(-1)])
  })
})
