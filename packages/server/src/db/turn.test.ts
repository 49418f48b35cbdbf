import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eq, sql } from 'drizzle-orm'
import { settled } from '../ledger/settled.ts'
import { createWorkspacesService } from '../workspaces/workspaces.service.ts'
import type { Database } from './database.ts'
import { openDatabase } from './open.ts'
import { prepareSqliteRead } from './prepared.ts'
import { openWriter } from './sqlite.ts'
import { createSystem } from './system.ts'

describe('reads of one turn of the event loop', () => {
  let dir: string
  let database: Database
  let name: () => unknown
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'flowstate-turn-'))
    database = await openDatabase({ url: `file:${join(dir, 'flowstate.db')}` })
    const { workspaces } = database.tables
    const { id } = await createWorkspacesService(database, createSystem(database), Date.now).create('acme')
    await run("update workspaces set name = 'first'")
    const read = prepareSqliteRead<[string]>(database.reader, database.reader.select({ name: workspaces.name }).from(workspaces).where(eq(workspaces.id, sql.placeholder('id'))))
    name = () => read({ id })[0]?.[0]
  })
  afterEach(async () => {
    await database.close()
    rmSync(dir, { recursive: true })
  })
  const run = async (text: string) => settled(await database.ledger.run({ workspaceId: null, statements: [{ sql: text, params: [] }] }))
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

  it('are of one moment, and the next turn\'s of another', async () => {
    const other = openWriter(join(dir, 'flowstate.db'), { sync: false })
    try {
      expect(name()).toBe('first')
      other.exec("update workspaces set name = 'second'")
      expect(name(), 'the same turn').toBe('first')
      await nextTurn()
      expect(name(), 'the next').toBe('second')
    } finally {
      other.close()
    }
  })

  it('see what the ledger has answered, in the same turn too', async () => {
    const other = openWriter(join(dir, 'flowstate.db'), { sync: false })
    try {
      const written = other.prepare('select name from workspaces').pluck()
      for (let round = 0; round < 10; round++) {
        const writing = run(`update workspaces set name = 'n${round}'`)
        // The write is on its way, this turn begins to read, and its answer comes before this turn has ended.
        await nextTurn()
        name()
        while (written.get() !== `n${round}`);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
        await writing
        expect(name()).toBe(`n${round}`)
      }
    } finally {
      other.close()
    }
  })

  it('leave no snapshot behind: what is deleted goes from the log once they are over', async () => {
    name()
    await nextTurn()
    const other = openWriter(join(dir, 'flowstate.db'), { sync: false })
    try {
      other.exec("update workspaces set name = 'third'")
      expect(other.pragma('wal_checkpoint(TRUNCATE)')).toEqual([{ busy: 0, log: 0, checkpointed: 0 }])
      name()
      other.exec("update workspaces set name = 'fourth'")
      expect(other.pragma('wal_checkpoint(PASSIVE)'), 'a reader of this turn is in its way').toEqual([expect.objectContaining({ busy: 0, log: 1, checkpointed: 0 })])
    } finally {
      other.close()
    }
  })

  it('end with the connection', async () => {
    name()
    await database.close()
    await nextTurn()
    database = await openDatabase({ url: `file:${join(dir, 'flowstate.db')}` })
  })
})
