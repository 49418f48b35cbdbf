import { appendFileSync } from 'node:fs'
import { Flowstate } from '@flowstate-ai/sdk'

/**
 * A process that writes and notes each name whose write was acknowledged, and never another. Its parent tells it where the server is now
 * (`{url, round}`); it says how many were acknowledged there, and waits for the next when the server is gone.
 */
const { WRITER_KEY = '', WRITER_LOG = '' } = process.env
const WRITERS = 8

process.on('message', ({ url, round }: { url: string; round: number }) => {
  const flowstate = new Flowstate({ baseUrl: url, key: WRITER_KEY, maxRetries: 0 })
  let count = 0
  let acknowledged = 0
  const write = async () => {
    for (;;) {
      const name = `Company ${round}.${count++}`
      try {
        await flowstate.companies.create({ name })
      } catch {
        // The server was killed, or its database: this write was not acknowledged, and may or may not be there.
        return
      }
      appendFileSync(WRITER_LOG, `${name}\n`)
      process.send?.({ round, acknowledged: ++acknowledged })
    }
  }
  void Promise.all(Array.from({ length: WRITERS }, write)).then(() => process.send?.({ round, over: true }))
})
