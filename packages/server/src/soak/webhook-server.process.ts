import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createFlowstate } from '../index.ts'
import { TEST_SECRET } from '../testing/server.ts'

/** A server whose waits between tries are shortened, which no setting of a real one can do. Says its address and ends by being killed. */
const [databaseUrl = '', dataDir = '', scale = '1'] = process.argv.slice(2)
const server = await createFlowstate({ secret: TEST_SECRET, databaseUrl, dataDir, allowPrivateTargets: true, leaseMs: 2_000, heartbeatMs: 500, sweepMs: 200, delivery: { scale: Number(scale), timeoutMs: 1_000 } })
const http = createServer(getRequestListener(server.fetch))
http.listen(0, '127.0.0.1', () => {
  const address = http.address()
  process.send?.(address && typeof address === 'object' ? `http://127.0.0.1:${address.port}` : '')
})
