import { INSTANCE } from '../audit/audit.service.ts'
import { readEnv } from '../env.ts'
import type { Services } from '../services.ts'
import type { Command } from './command.ts'
import { askInstance, openHere, runningInstance } from './instance.ts'

interface Verdict { log: string; entries: number; fault: string | null }

export const auditVerify: Command = {
  summary: 'Recomputes the hashes of the audit logs, and names the first entry that was tampered with.',
  usage: 'flowstate audit verify',
  help: 'There is a log for each workspace, and one of the instance, for signing in. An entry that was changed, or taken out of the middle, shows, unless whoever did it wrote all later hashes anew. To see that, and that the end was not cut off, keep a hash elsewhere: flowstate doctor prints the last.',
  most: 0,
  options: {},
  examples: [['flowstate audit verify --data ./crm', 'every log of this data directory']],
  exits: { 1: 'when a log is not as it was written' },
  async run({ values, out }) {
    const env = readEnv(process.env, { data: values.data as string | undefined })
    const instance = await runningInstance(env.dataDir)
    const logs = instance ? await askInstance<Verdict[]>(instance, 'audit-verify', {}) : await verifiedHere()
    out.result(logs, logs.map(({ log, entries, fault }) => `${log}: ${fault ?? `${entries} entries, each as it was written`}`).join('\n'))
    return logs.some(({ fault }) => fault !== null) ? 1 : 0

    async function verifiedHere(): Promise<Verdict[]> {
      const server = await openHere(env)
      try {
        return await verifyAll(server.services)
      } finally {
        await server.close()
      }
    }
  },
}

export const verifyAll = async ({ audit, workspaces }: Pick<Services, 'audit' | 'workspaces'>): Promise<Verdict[]> => {
  const logs = [{ id: INSTANCE, slug: INSTANCE }, ...await workspaces.list()]
  const verdicts: Verdict[] = []
  for (const { id, slug } of logs) verdicts.push({ log: slug, ...await audit.verify(id) })
  return verdicts
}
