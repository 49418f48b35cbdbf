import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase } from '../testing/databases.ts'
import { COMMANDS } from './run.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const CSV = 'Deal Name,Amount,Deal Stage,Record ID\nFleet,4800,Open,1\n=SUM(A1),-0,Open,2\nScanners,12,Won,3\n'.replace('-0', '0')

interface Ran { code: number | null; out: string; err: string }
const started = (args: string[], env: Record<string, string> = {}, stdin: 'ignore' | 'pipe' = 'ignore'): ChildProcess =>
  spawn(process.execPath, ['--conditions=flowstate-source', MAIN, ...args], { stdio: [stdin, 'pipe', 'pipe'], env: { ...process.env, LOG_LEVEL: 'error', ...env } })
const run = (args: string[], env: Record<string, string> = {}, input?: string): Promise<Ran> => new Promise((resolve) => {
  const child = started(args, env, input === undefined ? 'ignore' : 'pipe')
  child.stdin?.end(input)
  const said = { out: '', err: '' }
  child.stdout?.on('data', (chunk) => { said.out += String(chunk) })
  child.stderr?.on('data', (chunk) => { said.err += String(chunk) })
  child.once('close', (code) => resolve({ code, ...said }))
})
const firstLine = (child: ChildProcess): Promise<string> => new Promise((resolve, reject) => {
  let err = ''
  child.stderr?.on('data', (chunk) => { err += String(chunk) })
  child.stdout?.once('data', (line) => resolve(String(line)))
  child.once('exit', (code) => reject(new Error(`ended with ${code}: ${err}`)))
})
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', resolve))

describe('flowstate <command> --help', () => {
  it('tells what each does, its options and examples, and its exit codes', async () => {
    const names = Object.keys(COMMANDS)
    for (let at = 0; at < names.length; at += 4) {
      await Promise.all(names.slice(at, at + 4).map(async (name) => {
        const { code, out, err } = await run([...name.split(' '), '--help'])
        expect({ code, err }, name).toEqual({ code: 0, err: '' })
        const command = COMMANDS[name]
        expect(out.replaceAll(/\s+/g, ' '), name).toContain(command?.summary)
        for (const [option, { says }] of Object.entries(command?.options ?? {})) {
          expect(out, `${name} --${option}`).toContain(`--${option}`)
          expect(says?.length ?? 0, `${name} --${option} says what it is for`).toBeGreaterThan(5)
        }
        if (command?.hidden !== true) expect(out, `${name} has an example`).toContain('Examples:')
        expect(out).toContain('--json')
        expect(out).toContain('Exits with 0')
      }))
    }
  }, 300_000)

  it('has an overview, a version, and a word for what is misspelt', async () => {
    const [overview, help, version, typo, option, word] = await Promise.all([run([]), run(['help', 'undo']), run(['--version']), run(['exprot', 'deals']), run(['export', 'deals', '--fromat', 'csv']), run(['migrate', 'now'])])
    expect(overview.code).toBe(0)
    for (const [name, { hidden }] of Object.entries(COMMANDS)) expect(overview.out.includes(`  ${name} `), name).toBe(hidden !== true)
    expect(help.out).toContain('Usage: flowstate undo')
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(typo).toMatchObject({ code: 2, out: '', err: expect.stringContaining('Did you mean flowstate export?') })
    expect(option).toMatchObject({ code: 2, out: '', err: expect.stringContaining('There is no option --fromat; did you mean --format?') })
    expect(word).toMatchObject({ code: 2, err: expect.stringContaining('"now" is one word too many') })
  }, 60_000)
})

/** What somebody does with it from the first day to the last, each answer one JSON document on stdout and nothing beside it. */
const journey = (name: string, prepare: () => Promise<{ dir: string; env: Record<string, string>; beside: boolean; place: { dir: string; env: Record<string, string> }; dispose: () => Promise<void> }>) => {
  describe(`the command line ${name}`, () => {
    let home: Awaited<ReturnType<typeof prepare>>
    let server: ChildProcess | null = null
    beforeAll(async () => {
      home = await prepare()
      if (!home.beside) return
      server = started(['serve', '--data', home.dir, '--port', '0', '--json'], home.env)
      await firstLine(server)
    }, 60_000)
    afterAll(async () => {
      if (server) {
        const over = ended(server)
        server.kill('SIGTERM')
        await over
      }
      await home.dispose()
    })
    const json = async <Document>(...args: string[]): Promise<Document> => {
      const { code, out, err } = await run([...args, '--data', home.dir, '--json'], home.env)
      expect({ code, err }, args.join(' ')).toEqual({ code: 0, err: '' })
      expect(out.trimEnd().split('\n')).toHaveLength(1)
      return JSON.parse(out) as Document
    }

    it('does everything, and says it as one JSON document', async () => {
      expect(await json<{ slug: string }>('workspace', 'create', 'acme', '--name', 'Acme Ltd')).toMatchObject({ slug: 'acme', name: 'Acme Ltd' })
      expect(await json('members', 'add', '--email', 'ada@acme.example', '--role', 'admin')).toMatchObject({ email: 'ada@acme.example', role: 'admin' })
      const again = await run(['members', 'add', '--email', 'ADA@acme.example', '--data', home.dir], home.env)
      expect(again).toMatchObject({ code: 1, out: '', err: expect.stringContaining('There is a member with this e-mail address already.') })
      const withPassword = await run(['members', 'add', '--email', 'ada@acme.example', '--role', 'owner', '--password-stdin', '--data', home.dir, '--json'], home.env, 'correct horse battery staple\n')
      expect({ code: withPassword.code, err: withPassword.err }).toEqual({ code: 0, err: '' })
      expect(JSON.parse(withPassword.out)).toMatchObject({ email: 'ada@acme.example', role: 'owner' })
      expect(await run(['members', 'add', '--email', 'short@acme.example', '--password-stdin', '--data', home.dir], home.env, 'short')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('10 to 128 characters') })
      expect(await json<{ secret: string }>('agents', 'create', '--workspace', 'acme', '--name', 'Researcher', '--kinds', 'research')).toMatchObject({ secret: expect.stringMatching(/^fsa_/), kinds: ['research'] })
      const key = await json<{ secret: string }>('keys', 'create', '--workspace', 'acme', '--scopes', 'crm:read,crm:write')
      expect(key.secret).toMatch(/^fsk_/)
      const csv = join(home.dir, 'deals.csv')
      writeFileSync(csv, CSV)
      const imported = await json<{ changeSetId: string }>('import', 'deals', csv)
      expect(imported).toMatchObject({ state: 'succeeded', counts: { created: 3 } })

      const onScreen = await run(['export', 'deals', '--columns', 'title,value,value.currency,stage', '--sort', 'value', '--data', home.dir], home.env)
      expect(onScreen).toEqual({ code: 0, err: '', out: "title,value,value.currency,stage\r\n'=SUM(A1),0.00,EUR,Open\r\nScanners,12.00,EUR,Won\r\nFleet,4800.00,EUR,Open\r\n" })
      const file = join(home.dir, 'out.jsonl')
      expect(await json('export', 'deals', '--output', file, '--filter', 'status=open', '--filter', 'value[gte]=1')).toMatchObject({ noun: 'deals', format: 'jsonl', file })
      expect(readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => (JSON.parse(line) as { title: string }).title)).toEqual(['Fleet'])
      expect((await json<{ items: unknown[] }>('search', 'scaners')).items).toMatchObject([{ title: 'Scanners' }])

      const { items } = await json<{ items: { id: string }[] }>('changesets', 'list')
      expect(items[0]?.id).toBe(imported.changeSetId)
      expect(await json('changesets', 'show', imported.changeSetId)).toMatchObject({ id: imported.changeSetId, source: { kind: 'import' } })

      const saved = join(home.dir, 'backup.tar.gz')
      const backup = await json<{ workspaces: { seq: number }[] }>('backup', saved)
      expect(backup).toMatchObject({ file: saved, secretIncluded: false, workspaces: [{ slug: 'acme' }] })
      expect(await run(['backup', saved, '--data', home.dir], home.env)).toMatchObject({ code: 2, err: expect.stringContaining('overwrite it with --force') })
      expect(await json('undo', imported.changeSetId)).toMatchObject({ state: 'applied', reverts: imported.changeSetId })
      const twice = await run(['undo', imported.changeSetId, '--data', home.dir], home.env)
      expect(twice).toMatchObject({ code: 1, out: '', err: expect.stringContaining('was undone already') })
      expect((await run(['export', 'deals', '--data', home.dir], home.env)).out.trimEnd().split('\r\n')).toHaveLength(1)

      if (home.beside) expect(await run(['restore', saved, '--force', '--data', home.dir], home.env)).toMatchObject({ code: 2, err: expect.stringContaining('Stop it, and restore then') })
      const restored = await run(['restore', saved, '--data', home.place.dir, '--json'], home.place.env)
      expect({ code: restored.code, err: restored.err }).toEqual({ code: 0, err: '' })
      expect(JSON.parse(restored.out)).toMatchObject({ rows: { deals: 3 }, workspaces: backup.workspaces, movedAside: [], warning: expect.stringContaining('keys in this backup') })
      expect((await run(['export', 'deals', '--columns', 'title', '--data', home.place.dir], home.place.env)).out).toBe("title\r\nFleet\r\n'=SUM(A1)\r\nScanners\r\n")
      expect(existsSync(join(home.dir, 'backup.tar.gz.partial'))).toBe(false)
    }, 400_000)

    it('says in one sentence what is wrong, and exits with 1 or 2', async () => {
      const wrong: [args: string[], code: number, words: RegExp][] = [
        [['export', 'monkeys'], 2, /There is no export of monkeys; there is companies/],
        [['export', 'deals', '--json'], 2, /say with --output/],
        [['export', 'deals', '--columns', 'worth'], 1, /names the column worth; deals have id,/],
        [['export', 'deals', '--filter', 'worth=5'], 1, /\?worth/],
        [['export', 'deals', '--workspace', 'nobody'], home.beside ? 1 : 2, /There is no workspace nobody/],
        [['undo', 'chg_none'], 1, /There is no change set chg_none here/],
        [['undo'], 2, /The change set is missing/],
        [['backup', join(home.dir, 'nowhere', 'x.tar.gz')], 2, /There is no folder/],
        [['restore', join(home.dir, 'deals.csv'), '--data', join(home.dir, 'else')], 1, /cannot be read as a backup|not empty/],
        [['members', 'add', '--email', 'x@y.example', '--role', 'king'], 2, /There is no role king/],
      ]
      for (const [args, code, words] of wrong) {
        const ran = await run([...args, ...(args.includes('--data') ? [] : ['--data', home.dir])], home.env)
        expect({ args, code: ran.code, out: ran.out }).toEqual({ args, code, out: '' })
        expect(ran.err.trimEnd().split('\n')).toHaveLength(1)
        expect(ran.err).toMatch(words)
      }
    }, 300_000)
  })
}

const onSqlite = (beside: boolean) => async () => {
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-cli-'))
  return { dir, beside, env: {}, place: { dir: join(dir, 'place'), env: {} }, dispose: async () => rmSync(dir, { recursive: true, force: true }) }
}
journey('alone [sqlite]', onSqlite(false))
journey('beside a running server [sqlite]', onSqlite(true))
journey('beside a running server [postgres]', async () => {
  const [home, place] = [await freshDatabase('postgres'), await freshDatabase('postgres')]
  return { dir: home.dir, beside: true, env: { DATABASE_URL: home.url }, place: { dir: place.dir, env: { DATABASE_URL: place.url } }, dispose: async () => { await home.dispose(); await place.dispose() } }
})

describe('flowstate worker', () => {
  it('refuses SQLite with the reason, and the mend', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'flowstate-cli-'))
    expect(await run(['worker', '--data', dir])).toMatchObject({ code: 78, out: '', err: expect.stringContaining('DATABASE_URL=postgres://') })
    rmSync(dir, { recursive: true, force: true })
  }, 30_000)

  it('works on what a server on PostgreSQL takes in, and ends when it is told [postgres]', async () => {
    const home = await freshDatabase('postgres')
    const env = { DATABASE_URL: home.url, FLOWSTATE_SECRET: 'a secret of forty characters, for tests only' }
    expect((await run(['workspace', 'create', 'acme', '--data', home.dir], env)).code).toBe(0)
    const worker = started(['worker', '--data', home.dir, '--port', '0', '--json'], env)
    const { url, pid } = JSON.parse(await firstLine(worker)) as { url: string; pid: number }
    expect(pid).toBe(worker.pid)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect((await fetch(`${url}/api/v1/deals`)).status).toBe(404)
    const over = ended(worker)
    worker.kill('SIGTERM')
    expect(await over).toBe(0)
    await home.dispose()
  }, 60_000)
})
