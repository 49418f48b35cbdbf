import { appendFileSync } from 'node:fs'
import { Flowstate } from '@flowstate-ai/sdk'

/** A process that writes and notes each name whose write was acknowledged, and never another. Ends by being killed. */
const { WRITER_URL = '', WRITER_KEY = '', WRITER_LOG = '', WRITER_ROUND = '' } = process.env
const flowstate = new Flowstate({ baseUrl: WRITER_URL, key: WRITER_KEY, maxRetries: 0 })
const WRITERS = 8
let count = 0
let acknowledged = 0

await Promise.all(Array.from({ length: WRITERS }, async () => {
  for (;;) {
    const name = `Company ${WRITER_ROUND}.${count++}`
    try {
      await flowstate.companies.create({ name })
      appendFileSync(WRITER_LOG, `${name}\n`)
      process.send?.(++acknowledged)
    } catch {
      // The server was killed: this write was not acknowledged, and may or may not be there.
      return
    }
  }
}))
