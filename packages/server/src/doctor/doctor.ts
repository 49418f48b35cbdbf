import { type Instance, runningInstance } from '../cli/instance.ts'
import type { Env } from '../env.ts'
import { createCensor } from './censor.ts'
import { databaseFindings } from './database.ts'
import { type Finding, findingsOf, ok, unknown, warning, wrong } from './finding.ts'
import { backupAge, diskSpace, fileModes, nodeVersion, portFree, secretKept, storageWritable } from './machine.ts'
import { mailReachable, oidcReachable, roomReachable } from './outside.ts'
import { contradictions, readSettings } from './settings.ts'

export interface Diagnosis { healthy: boolean; findings: Finding[] }

/** Looks at everything that an instance stands on, whether it runs or not, and changes nothing. No secret is in what it says. */
export const diagnose = async (given: Record<string, string | undefined>, data: string | undefined): Promise<Diagnosis> => {
  const { findings: settings, env, broken } = readSettings(given, data)
  const findings = [nodeVersion(), ...settings, ...(env === null ? [] : await lookedAt(env, given, broken))]
  const censor = createCensor(given)
  return {
    healthy: findings.every(({ state }) => state !== 'wrong'),
    findings: findings.map(({ says, mend, ...rest }) => ({ ...rest, says: censor(says), ...(mend === undefined ? {} : { mend: censor(mend) }) })),
  }
}

/** What is not looked at before these can be read. */
const STANDS_ON: Readonly<Record<string, readonly string[]>> = { database: ['DATABASE_URL'], storage: ['STORAGE_URL'], port: ['PORT'], mail: ['SMTP_URL'], 'sign-in': ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'], room: ['PARTYKIT_HOST', 'PARTYKIT_SECRET'], secret: ['FLOWSTATE_SECRET'] }

const lookedAt = async (env: Env, given: Record<string, string | undefined>, broken: readonly string[]): Promise<Finding[]> => {
  const instance = await runningInstance(env.dataDir)
  const looks = [
    ['addresses', () => contradictions(env, given)], ['files', () => fileModes(env)], ['secret', () => secretKept(env)], ['disk', () => diskSpace(env)],
    ['database', () => databaseFindings(env, instance !== null)], ['storage', () => storageWritable(env)], ['port', () => portFree(env, instance)], ['server', () => serverAnswers(instance)],
    ['mail', () => mailReachable(env)], ['sign-in', () => oidcReachable(env)], ['room', () => roomReachable(env)], ['backup', () => backupAge(env)],
  ] as const
  return (await Promise.all(looks.map(([check, look]) => {
    const mend = STANDS_ON[check]?.find((name) => broken.includes(name))
    return mend === undefined ? findingsOf(check, look) : [unknown(check, `This is not looked at before ${mend} is mended.`)]
  }))).flat()
}

const PATIENCE_MS = 5_000
const serverAnswers = async (instance: Instance | null): Promise<Finding[]> => {
  if (!instance) return [ok('server', 'None runs on this data directory just now.')]
  const response = await fetch(`${instance.url}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null)
  if (response === null) return [wrong('server', `Process ${instance.pid} does not answer.`, 'Its log says why; else stop it and start it again.')]
  if (response.ok) return [ok('server', `It runs on ${instance.url}, process ${instance.pid}, and is ready.`)]
  // Mounted below a base path, readiness is there.
  if (response.status === 404) return [ok('server', `It runs on ${instance.url}, process ${instance.pid}.`)]
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: string }
  return [warning('server', `It runs on ${instance.url} and is not ready: ${detail ?? response.status}`, 'See what is said of the database and the disk.')]
}
