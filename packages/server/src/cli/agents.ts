import type { Agent, Key } from '@flowstate-ai/sdk/contract'
import { type Command, required, UsageError } from './command.ts'
import { isLive, reaching } from './keys.ts'
import type { Reached } from './reach.ts'

const WORKSPACE = { workspace: { type: 'string', value: 'SLUG', says: 'which workspace, where there are several' } } as const
const PAGE = 200

export const agentsList: Command = {
  summary: 'Lists agents: whether they are there, what they take, and how many tokens each has.',
  usage: 'flowstate agents list',
  help: 'An agent is stale when it has not been heard of for two heartbeats without having signed off: its process has ended, or cannot reach the server.',
  most: 0,
  options: WORKSPACE,
  examples: [['flowstate agents list --json | jq \'.items[] | select(.stale)\'', 'those that have gone silent']],
  run: ({ values, out }) => reaching(values, async ({ flowstate }) => {
    const items: (Agent & { tokens: string[] })[] = []
    const tokens = await tokensIn(flowstate)
    for await (const agent of flowstate.agents.list({ limit: PAGE })) items.push({ ...agent, tokens: tokens.filter(({ agentId }) => agentId === agent.id).map(({ id }) => id) })
    const line = ({ id, name, kinds, status, stale, lastSeenAt, tokens: own }: (typeof items)[number]) => `${id}  ${(stale ? 'stale' : status).padEnd(7)}  heard of ${lastSeenAt.slice(0, 16).replace('T', ' ')}  ${own.length} ${own.length === 1 ? 'token ' : 'tokens'}  ${name}: ${kinds.join(', ')}`
    out.result({ items }, items.length === 0 ? 'There is no agent yet. Make one: flowstate agents create --workspace SLUG --name NAME --kinds a,b' : items.map(line).join('\n'))
  }),
}

export const agentsRevoke: Command = {
  summary: 'Ends all tokens of an agent at once; what it was working on goes to the next.',
  usage: 'flowstate agents revoke <agent>',
  help: 'The agent is named by its id or its name. It stays in the list, for history speaks of it; its lease on a task runs out, and another takes the task. A new token lets it in again: flowstate agents create.\nThe built-in worker and an agent that works with a secret key have no tokens of their own; a key is ended by flowstate keys revoke.',
  most: 1,
  options: WORKSPACE,
  examples: [['flowstate agents revoke Researcher', 'when its token has been seen by others, or it does harm']],
  run: ({ positionals, values, out }) => {
    const asked = required(positionals[0], 'The agent', agentsRevoke.usage)
    return reaching(values, async ({ flowstate }) => {
      const agents: Agent[] = []
      for await (const agent of flowstate.agents.list({ limit: PAGE })) agents.push(agent)
      const agent = agents.find(({ id, name }) => id === asked || name === asked)
      if (!agent) throw new UsageError(`There is no agent ${asked}; there is ${agents.map(({ name }) => name).join(', ') || 'none'}.`)
      const tokens = (await tokensIn(flowstate)).filter(({ agentId }) => agentId === agent.id)
      for (const { id } of tokens) await flowstate.keys.revoke(id)
      out.result({ agent, revoked: tokens.map(({ id }) => id) }, tokens.length === 0 ? `${agent.name} has no token that opens anything.` : `${tokens.length} ${tokens.length === 1 ? 'token' : 'tokens'} of ${agent.name} ${tokens.length === 1 ? 'opens' : 'open'} nothing any more.`)
    })
  },
}

/** The live tokens of all agents. */
const tokensIn = async (flowstate: Reached['flowstate']): Promise<Key[]> => {
  const tokens: Key[] = []
  for await (const key of flowstate.keys.list({ limit: PAGE })) if (key.agentId !== null && isLive(key)) tokens.push(key)
  return tokens
}
