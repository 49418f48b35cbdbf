import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FlowstateServer } from '../index.ts'
import type { Env } from '../env.ts'
import { createLog } from '../log.ts'

/** What a running server leaves in its data directory, so that commands go to it instead of to its database. Mode 0600. */
export interface Instance { url: string; pid: number; secret: string }

const fileOf = (dataDir: string): string => join(dataDir, 'instance.json')

export const announce = (dataDir: string, instance: Instance): void => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  writeFileSync(fileOf(dataDir), JSON.stringify(instance), { mode: 0o600 })
}
export const withdraw = (dataDir: string): void => rmSync(fileOf(dataDir), { force: true })

/** The server that this data directory belongs to just now; null when none answers. */
export const runningInstance = async (dataDir: string): Promise<Instance | null> => {
  try {
    const instance = JSON.parse(readFileSync(fileOf(dataDir), 'utf8')) as Instance
    process.kill(instance.pid, 0)
    // Not its health, which is below its base path.
    const response = await fetch(`${instance.url}/instance/alive`, { headers: { authorization: `Bearer ${instance.secret}` }, signal: AbortSignal.timeout(3_000) })
    return response.ok ? instance : null
  } catch {
    return null
  }
}

/** The server as a library, with no port open: for commands beside which none runs. Holds the database's lock until closed. */
export const openHere = async (env: Env, { worker = false } = {}): Promise<FlowstateServer> => {
  // Loaded where it is needed: beside a running server a command does without.
  const { createFlowstate } = await import('../index.ts')
  return createFlowstate({ ...env.options, secret: env.secret, log: createLog('warn'), ...(worker ? {} : { workerConcurrency: 0 }) })
}

/** Asks the running server what only the machine's owner may: commands have no key of a workspace of their own. */
export const askInstance = async <Answer>(instance: Instance, command: string, body: object): Promise<Answer> => {
  const response = await fetch(`${instance.url}/instance/${command}`, {
    method: 'POST', headers: { authorization: `Bearer ${instance.secret}`, 'content-type': 'application/json' }, body: JSON.stringify(body),
  })
  const answer = (await response.json()) as Answer & { detail?: string }
  if (!response.ok) throw new Error(answer.detail ?? `The server answered ${response.status}.`)
  return answer
}
