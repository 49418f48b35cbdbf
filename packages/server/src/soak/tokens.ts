import { parseArgs } from 'node:util'
import { STATUS_OF } from '../http/render-error.ts'
import { forgeAll, OTHER, PAGE } from '../testing/forged.ts'
import { askOperation, documentedOperations } from '../testing/operations.ts'
import { rowsOf } from '../testing/rows.ts'
import { createTestServer } from '../testing/server.ts'
import { socketTo } from '../testing/sockets.ts'
import { soakDatabase } from '../testing/soak-database.ts'
import { unlimited } from '../testing/unlimited.ts'

const UNAUTHENTICATED = 4401

/**
 * Promise 9: everything that looks like a credential and is none, or is one no more, against every operation and the socket. All is refused
 * with the code that is documented, nothing is written, and what is good stays good. `--database postgres`.
 */
export const soak = async (args: string[]): Promise<boolean> => {
  const { values } = parseArgs({ args, options: { database: { type: 'string', default: 'sqlite' } } })
  const home = await soakDatabase(values.database)
  let now = Date.now()
  const wrong: string[] = []
  const test = await createTestServer(home, { allowedOrigins: [PAGE, OTHER], clock: () => now, rateLimits: unlimited(), mail: { send: async () => undefined }, log: { info: () => undefined, warn: () => undefined, error: (details) => { wrong.push(`logged: ${JSON.stringify(details)}`) } } })
  const listening = await test.listen()
  try {
    const operations = await documentedOperations(test)
    const { forged, good } = await forgeAll(test, { now: () => now, advance: (ms) => { now += ms } })
    const room = `ws://127.0.0.1:${listening.port}/parties/main/${test.workspace.id}`
    const before = await rowsOf(test.services.database)
    let asked = 0
    for (const { name, headers, code = 'unauthenticated', signedIn } of forged) {
      for (const operation of operations) {
        const answer = await askOperation(test, operation, headers, 'none')
        const expected = operation.scope === 'person' ? 'unauthenticated' : code
        const fits = operation.scope === 'anyone' ? answer.status >= 400 && answer.status < 500 : operation.scope === 'person' && signedIn ? answer.status < 500 : answer.code === expected && answer.status === STATUS_OF[expected]
        if (!fits) wrong.push(`${operation.id} for ${name}: ${answer.status} ${answer.code}`)
        asked++
      }
      const [, authorization = ''] = headers.find(([header]) => header === 'authorization') ?? []
      // A ticket, which is none as a bearer, is one there.
      const tickets = name === 'a ticket as a bearer' ? [] : [`${room}?ticket=${encodeURIComponent(authorization.replace(/^\w+\s+/, ''))}`]
      for (const url of [...tickets, room]) if (await socketTo(url, { headers }).closed() !== UNAUTHENTICATED) wrong.push(`the socket for ${name}`)
    }
    const after = await rowsOf(test.services.database)
    for (const [table, rows] of Object.entries(after)) if (before[table] !== rows) wrong.push(`${table} was written to`)
    for (const { name, headers } of good) {
      const { status } = await test.request(`${test.base}/api/v1/whoami`, { headers })
      if (status !== 200) wrong.push(`${name}, which is good, was answered ${status}`)
    }
    for (const line of wrong) process.stdout.write(`  ✗ ${line}\n`)
    process.stdout.write(`${forged.length} of what is no credential × ${operations.length} operations on ${values.database}: ${asked} requests, ${2 * forged.length} sockets\n  let in, or told otherwise: ${wrong.length} (must be 0)\n`)
    return wrong.length === 0
  } finally {
    await listening.stop()
    await test.close()
    await home.dispose()
  }
}
