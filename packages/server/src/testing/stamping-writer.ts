import { appendFileSync } from 'node:fs'
import { Flowstate } from '@flowstate-ai/sdk'

/** A process that writes at a steady pace and notes each name whose write was acknowledged. Ends when its parent goes. */
const { WRITER_URL = '', WRITER_KEY = '', WRITER_LOG = '', WRITER_EACH_MS = '10', WRITER_NAME = 'W' } = process.env
const flowstate = new Flowstate({ baseUrl: WRITER_URL, key: WRITER_KEY, maxRetries: 0 })
let count = 0
let acknowledged = 0
let slowest = 0
const timer = setInterval(() => {
  const name = `${WRITER_NAME} ${count++}`
  const begun = performance.now()
  flowstate.companies.create({ name }).then(() => {
    appendFileSync(WRITER_LOG, `${name}\n`)
    slowest = Math.max(slowest, performance.now() - begun)
    process.send?.({ acknowledged: ++acknowledged, slowest })
  }, (error: unknown) => process.send?.({ failed: String(error) }))
}, Number(WRITER_EACH_MS))
process.on('disconnect', () => clearInterval(timer))
