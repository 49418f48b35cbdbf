import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './postgres.ts'

/** A real `partykit dev` that runs our room, and asks a server what tickets admit to. */
export const startPartyKit = async ({ serverUrl, secret, port }: { serverUrl: string; secret: string; port?: number }): Promise<{ port: number; stop(): Promise<void> }> => {
  const listensOn = port ?? await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'flowstate-partykit-'))
  // Its package exports no path to it.
  const bin = fileURLToPath(new URL('../../../../node_modules/partykit/dist/bin.mjs', import.meta.url))
  const child = spawn(process.execPath, [
    bin, 'dev', fileURLToPath(new URL('../../../party/src/server.ts', import.meta.url)), '--port', String(listensOn), '--no-hotkeys', '--disable-request-cf-fetch', '--persist', folder,
    '--var', `FLOWSTATE_URL=${serverUrl}`, '--var', `PARTYKIT_SECRET=${secret}`,
  ], { cwd: fileURLToPath(new URL('../../../party', import.meta.url)), env: { ...process.env, NO_UPDATE_NOTIFIER: '1', CI: '1' }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  await ready(child, listensOn)
  return {
    port: listensOn,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      // The whole group: partykit starts workerd.
      if (child.pid) process.kill(-child.pid, 'SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Listening, by its own answer; what it said meanwhile is in the error. */
const ready = async (child: ChildProcess, port: number): Promise<void> => {
  let said = ''
  let exited = false
  child.stdout?.on('data', (chunk) => { said += String(chunk) })
  child.stderr?.on('data', (chunk) => { said += String(chunk) })
  child.once('exit', () => { exited = true })
  for (let tries = 0; tries < 300 && !exited; tries++) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/parties/main/ready`)).status === 403) return
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`partykit dev did not begin to listen: ${said}`)
}
