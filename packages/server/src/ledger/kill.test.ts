import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accountHolds, accountOf } from '../testing/account.ts'
import { killed, prepareWorkspace, serveProcess, startWriter } from '../testing/processes.ts'

const KILLS = 10
const ACKS_BETWEEN_KILLS = 40

/** The short form of `npm run soak -- kills`. */
describe('a server that is killed', () => {
  let dir: string
  beforeAll(() => { dir = mkdtempSync(join(tmpdir(), 'flowstate-kill-')) })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('has kept every write that it acknowledged, once, in a feed without a hole', async () => {
    const key = await prepareWorkspace(dir)
    const log = join(dir, 'acknowledged.log')
    const writer = startWriter(key, log)
    for (let round = 0; round < KILLS; round++) {
      const { child, url } = await serveProcess(dir)
      await writer.write(url, round, ACKS_BETWEEN_KILLS)
      await killed(child)
      await writer.over(round)
    }
    await writer.kill()
    const { child, url } = await serveProcess(dir)
    const account = await accountOf(url, key, log)
    expect(account).toMatchObject({ lost: 0, doubled: 0, holes: 0 })
    expect(account.acknowledged).toBeGreaterThanOrEqual(KILLS * ACKS_BETWEEN_KILLS)
    expect(accountHolds(account)).toBe(true)
    await killed(child, 'SIGTERM')
  }, 300_000)
})
