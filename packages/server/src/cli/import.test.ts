import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const run = (args: string[]): Promise<{ code: number | null; out: string; err: string }> => new Promise((resolve) => {
  const child = spawn(process.execPath, ['--conditions=flowstate-source', MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LOG_LEVEL: 'error' } })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => { said.out += String(chunk) })
  child.stderr.on('data', (chunk) => { said.err += String(chunk) })
  child.once('close', (code) => resolve({ code, ...said }))
})

describe('flowstate import, as somebody uses it who knows it from nothing but its help', () => {
  let dir: string
  let file: string
  const people = (...args: string[]) => run(['import', 'customers', file, '--workspace', 'acme', '--data', dir, ...args])
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'flowstate import '))
    file = join(dir, 'people.csv')
    writeFileSync(file, 'Name,Email,Phone\nAda,ada@x.example,030 12345\nNobody,no address,\n')
    for (const slug of ['acme', 'other']) expect((await run(['workspace', 'create', slug, '--data', dir])).out).toContain(`--scopes crm:read,crm:write --data '${dir}'`)
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('rehearses, and names the command that runs it', async () => {
    const { code, out } = await people('--rehearse', '--country', 'DE')
    expect(code).toBe(0)
    expect(out).toContain(`Run it with: flowstate import customers '${file}' --country DE --workspace acme --data '${dir}'\n`)
  })

  it('imports, keeps what did not fit, and names a command that undoes it; the second time there is nothing to undo', async () => {
    const rejects = join(dir, 'rejects.csv')
    const first = await people('--rejects', rejects)
    expect(first.out).toContain(`The rejected rows are in ${rejects}.`)
    expect(readFileSync(rejects, 'utf8')).toBe('row,column,reason,Name,Email,Phone\r\n3,Email,Invalid email address,Nobody,no address,\r\n')
    const again = await people()
    expect(again.out).toContain('1 unchanged')
    expect(again.out).toContain('Nothing was changed.')
    expect(again.out).not.toContain('undo')
    const line = /Undo it with: flowstate undo (chg_\w+) --workspace acme --data/.exec(first.out)
    const undone = await run(['undo', line?.[1] ?? '', '--workspace', 'acme', '--data', dir])
    expect(undone.out).toContain(`1 change.\nTo do it again: flowstate undo`)
    expect(undone.out).toContain(`--workspace acme --data '${dir}'`)
  })

  it.each([
    [['import', 'customers', '.'], '. is a directory: name a file in it, such as customers.csv.'],
    [['import', 'contacts', 'x.csv'], 'There is no import of contacts, which are customers here; there is companies, customers, deals, interactions.'],
    [['export', 'deal'], 'There is no export of deal, which are deals here;'],
    [['import', 'customers', 'FILE', '--encoding', 'latin1'], '--encoding does not take "latin1"; it is utf-8, utf-16le, utf-16be or windows-1252.'],
    [['import', 'customers', 'FILE', '--map', '{"Fone":"phone"}'], '--map: Fone names a column that the file does not have; it has Name, Email, Phone'],
    [['import', 'customers', 'FILE', '--mapping', 'none'], '--mapping names no saved mapping of customers here'],
    [['export', 'deals', '--output', 'DIR'], 'is a directory: name a file in it.'],
    [['export', 'deals', '--output', 'DIR/none/deals.csv'], 'make it first.'],
  ])('says the mend of %j', async (args, sentence) => {
    const given = args.map((word) => word.replace('FILE', file).replace('DIR', dir))
    const { code, out, err } = await run([...given, '--workspace', 'acme', '--data', dir])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(sentence)
    expect(existsSync(join(dir, 'none'))).toBe(false)
  })
})
