import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { AppError } from '../errors.ts'
import { freePort } from '../testing/postgres.ts'
import { run } from './run.ts'
import { sentenceOf } from './sentence.ts'

it('says the mend where the storage does not do its part, and leaves other words alone', () => {
  expect(sentenceOf(Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' }))).toBe('The disk is full, or a limit on its use was met (database or disk is full). Free some space where the data directory and the database lie, and repeat the command.')
  // Node gives a connection that several addresses refuse no words at all.
  expect(sentenceOf(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toContain('(ECONNREFUSED). See that it runs, that DATABASE_URL names it')
  expect(sentenceOf(new AppError('conflict', 'There is one already.'))).toBe('There is one already.')
})

it('is what a command prints that finds no PostgreSQL', async () => {
  vi.stubEnv('DATABASE_URL', `postgres://x:x@127.0.0.1:${await freePort()}/x`)
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-sentence-'))
  try {
    expect(await run(['migrate', '--data', dir])).toBe(1)
    expect(write.mock.calls.map(([text]) => String(text)).join('')).toMatch(/^The database cannot be reached.*ECONNREFUSED.*See that it runs/)
  } finally {
    write.mockRestore()
    vi.unstubAllEnvs()
    rmSync(dir, { recursive: true, force: true })
  }
})
