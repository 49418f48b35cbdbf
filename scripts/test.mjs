import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run } from './run.mjs'

/**
 * Everything: types and rules, the build, unit tests, both databases, the room on both hosts, the packed packages, the README, the
 * elements and the playground in a real browser. A skipped test, a database, host or browser without tests is a failure.
 */
const CACHE = join(ROOT, 'node_modules/.cache')
const [VITEST, BROWSER] = [join(CACHE, 'vitest.json'), join(CACHE, 'browser-tests.json')]
mkdirSync(CACHE, { recursive: true })
for (const file of [VITEST, BROWSER]) rmSync(file, { force: true })

let failed = 0
const step = async (name, program, args) => {
  process.stdout.write(`\n── ${name}\n`)
  const code = await run(program, args)
  if (code !== 0) process.stdout.write(`── ${name} failed\n`)
  return code
}
if (await step('Types and rules', 'node', ['scripts/check.mjs']) !== 0) failed++
if (await step('Build', 'node', ['scripts/build.mjs']) !== 0) finish(0, failed + 1)
const vitestCode = await step('Node: packages, databases, rooms, the repository', 'vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${VITEST}`])
const browserCode = await step('Browser: elements', 'wtr', [])

const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null)
const tests = (read(VITEST)?.testResults ?? []).flatMap(({ assertionResults }) => assertionResults)
const browser = read(BROWSER) ?? { passed: 0, failed: 1, skipped: 0 }
const passedOf = (pattern) => tests.filter(({ fullName, status }) => status === 'passed' && pattern.test(fullName)).length
const rows = [['SQLite', passedOf(/\[sqlite\]/)], ['PostgreSQL', passedOf(/\[postgres\]/)], ['the room in the process', passedOf(/\[in-process\]/)], ['the room on PartyKit', passedOf(/\[partykit\]/)], ['the browser', browser.passed + passedOf(/\[browser\]/)]]
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed').length + browser.skipped
const passed = tests.filter(({ status }) => status === 'passed').length + browser.passed
failed += tests.filter(({ status }) => status === 'failed').length + browser.failed

process.stdout.write('\nTests that passed on\n')
for (const [name, count] of rows) process.stdout.write(`  ${name.padEnd(26)} ${count}\n`)
for (const [name] of rows.filter(([, count]) => count === 0)) {
  process.stdout.write(`Nothing ran on ${name}: that is a failure.\n`)
  failed++
}
if (skipped > 0) process.stdout.write(`${skipped} tests were skipped: that is a failure.\n`)
failed += skipped
// A suite that did not even load has no test to count, nor has an error beside the tests.
if ((vitestCode !== 0 || browserCode !== 0) && failed === 0) failed++
finish(passed, failed)

function finish(good, bad) {
  process.stdout.write(`\n${good} passed, ${bad} failed\n`)
  process.exit(bad === 0 ? 0 : 1)
}
