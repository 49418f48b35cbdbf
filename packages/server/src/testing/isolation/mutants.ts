import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FreshDatabase } from '../databases.ts'

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const SOURCE = here('../..')

/** Everything that reads or writes tenant tables by the workspace: the scoped door, and every store. */
export const storesWithPredicates = (): string[] => (readdirSync(SOURCE, { recursive: true }) as string[])
  .filter((file) => (file.endsWith('.store.ts') || file === join('db', 'scoped.ts')) && /\beq\((?:\w+\.)*\w+\.workspaceId, (?:sql\.placeholder|(?:\w+\.)?workspaceId\))/.test(readFileSync(join(SOURCE, file), 'utf8'))).sort()

/** What the matrix finds where one store has forgotten the workspace; `dead` where the server could not even do its work so. */
export const findWithout = (store: string, { dialect, url, dir }: FreshDatabase, timeoutMs: number): Promise<string[] | 'dead'> => new Promise((resolve) => {
  const child = spawn(process.execPath, ['--conditions=flowstate-source', '--import', here('mutant.hook.ts'), here('mutant.process.ts'), dialect, url, dir], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, FLOWSTATE_MUTANT: store } })
  let out = ''
  child.stdout.on('data', (chunk) => { out += String(chunk) })
  child.stderr.resume()
  const late = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  child.once('close', (code) => {
    clearTimeout(late)
    resolve(code === 0 ? (JSON.parse(out) as string[]) : 'dead')
  })
})
