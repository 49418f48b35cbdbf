import { AgentRegistration, type KeyWithSecret } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { systemCaller } from '../http/caller.ts'
import type { Services } from '../services.ts'
import { within } from '../db/within.ts'
import { type Command, required, UsageError } from './command.ts'
import { askInstance, openHere, runningInstance } from './instance.ts'
import { onlyWorkspace } from './reach.ts'

const usage = 'flowstate agents create --workspace SLUG --name NAME --kinds a,b'

export const agentsCreate: Command = {
  summary: 'Creates an agent and its token, which is that agent and nobody else; shown this once.',
  usage,
  help: 'An agent that is known by its name gets another token; the ones it has work on until they are revoked.',
  most: 0,
  options: {
    workspace: { type: 'string', value: 'SLUG', says: 'the workspace that it works in' },
    name: { type: 'string', value: 'NAME', says: 'unique in the workspace; what Godmode shows' },
    kinds: { type: 'string', value: 'a,b', says: 'the kinds of task that it takes, separated by commas' },
  },
  examples: [['flowstate agents create --workspace acme --name Researcher --kinds research,enrich', 'a token for flowstate.agent({ name: \'Researcher\', … })']],
  async run({ values, out }) {
    const workspace = required(values.workspace, '--workspace', usage)
    const agent = { name: required(values.name, '--name', usage), kinds: required(values.kinds, '--kinds', usage).split(',').map((kind) => kind.trim()) }
    const checked = AgentRegistration.safeParse(agent)
    if (!checked.success) throw new UsageError(`--${String(checked.error.issues[0]?.path[0])}: ${checked.error.issues[0]?.message}.`)
    const env = readEnv(process.env, { data: values.data as string | undefined })
    const say = (made: KeyWithSecret) => out.result(made, `${made.secret}\n\nKept nowhere else: put it where your agent reads its secrets. It is ${agent.name}, ${made.agentId}, for ${made.kinds?.join(', ')}.`)
    const instance = await runningInstance(env.dataDir)
    if (instance) return say(await askInstance<KeyWithSecret>(instance, 'agents-create', { workspace, ...agent }))
    const server = await openHere(env)
    try {
      say(await createAgent(server.services, (await onlyWorkspace(server.services.workspaces, workspace)).id, agent))
    } finally {
      await server.close()
    }
  },
}

/** Signs the agent on, as nobody has yet, and makes its token. */
export const createAgent = ({ agents, keys }: Pick<Services, 'agents' | 'keys'>, workspaceId: string, registration: AgentRegistration): Promise<KeyWithSecret> => within(workspaceId, async () => {
  const caller = systemCaller(workspaceId, 'Command line', 'command-line')
  const { agent } = await agents.register(caller, registration)
  await agents.heartbeat(caller, agent.id, { status: 'offline' })
  return keys.createForAgentAsOwner(workspaceId, agent.id)
})
