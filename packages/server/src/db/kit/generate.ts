import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * `npm run db:generate -w packages/server`: writes the migrations of both databases from the one schema. drizzle-kit has no word
 * for WITHOUT ROWID, which halves the writes of tables that are read by their key alone, so it is added here.
 */
const WITHOUT_ROWID = ['changes', 'idempotency', 'tickets', 'keys', 'proposed_changes', 'duplicate_keys', 'sign_in_codes', 'audit']
const root = fileURLToPath(new URL('../../../', import.meta.url))

for (const dialect of ['sqlite', 'postgres']) {
  const { status } = spawnSync('npx', ['drizzle-kit', 'generate', '--dialect', dialect === 'sqlite' ? 'sqlite' : 'postgresql', '--schema', `src/db/kit/${dialect}.ts`, '--out', `migrations/${dialect}`, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

const folder = `${root}migrations/sqlite/`
for (const file of readdirSync(folder).filter((name) => name.endsWith('.sql'))) {
  const sql = readFileSync(folder + file, 'utf8')
  const mended = WITHOUT_ROWID.reduce((text, table) => text.replace(new RegExp(`(CREATE TABLE \`${table}\` \\([^;]*?\\n\\));`), '$1 WITHOUT ROWID;'), sql)
  writeFileSync(folder + file, mended)
}
