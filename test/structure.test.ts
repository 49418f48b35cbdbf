import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const SERVER = fileURLToPath(new URL('../packages/server/src', import.meta.url))
const sources = readdirSync(SERVER, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ name: path.slice(SERVER.length + 1), text: readFileSync(path, 'utf8') }))

it('looks across workspaces in db/system.ts alone', () => {
  // `open.ts` makes the connection, and `inspect.ts` one that looks and writes nothing; `database.ts` names it; identities belong to no workspace.
  // Tests look at what was written, whosever it is.
  expect(sources.filter(({ name, text }) => !name.startsWith('testing/') && /\bacross\s*[:,}]|\.across\b/.test(text)).map(({ name }) => name).sort()).toEqual(['db/database.ts', 'db/inspect.ts', 'db/open.ts', 'db/system.ts', 'identities/adapter.ts'])
})

it('hands every table to who writes migrations', async () => {
  const { tablesOf } = await import('../packages/server/src/db/schema.ts')
  for (const [dialect, kit] of [['sqlite', await import('../packages/server/src/db/kit/sqlite.ts')], ['postgres', await import('../packages/server/src/db/kit/postgres.ts')]] as const) {
    expect(Object.keys(kit).sort(), dialect).toEqual(Object.keys(tablesOf(dialect)).sort())
  }
})
