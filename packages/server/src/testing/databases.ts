import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { describe, inject } from 'vitest'
import type { Dialect } from '../db/columns.ts'

export interface FreshDatabase {
  dialect: Dialect
  /** Ready for `openDatabase`. */
  url: string
  /** A folder of its own, for files. */
  dir: string
  dispose(): Promise<void>
}

/** An empty database of its own: a file, or a database in the PostgreSQL that the run has started. */
export const freshDatabase = async (dialect: Dialect): Promise<FreshDatabase> => {
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-test-'))
  const remove = () => rmSync(dir, { recursive: true, force: true })
  if (dialect === 'sqlite') return { dialect, url: `file:${join(dir, 'flowstate.db')}`, dir, dispose: async () => remove() }
  const server = inject('postgresUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  await query(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    dialect, url: url.href, dir,
    async dispose() {
      await query(server, `drop database if exists ${name} with (force)`)
      remove()
    },
  }
}

/** Runs a suite on both databases. The dialect stands in brackets in each test's name, by which runs count them. */
export const describeEachDatabase = (name: string, suite: (fresh: () => Promise<FreshDatabase>, dialect: Dialect) => void): void => {
  for (const dialect of ['sqlite', 'postgres'] as const) describe(`${name} [${dialect}]`, () => suite(() => freshDatabase(dialect), dialect))
}

const query = async (url: string, text: string): Promise<void> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
