import { type KeyWithSecret, Scope } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { type Command, required, UsageError } from './command.ts'
import { askInstance, openHere, runningInstance } from './instance.ts'

const usage = 'flowstate keys create --workspace SLUG --scopes a,b [--name NAME] [--strict]'

export const keysCreate: Command = {
  summary: 'Creates a secret key for servers and scripts; its secret is shown this once.',
  usage,
  help: `Scopes: ${Scope.options.join(', ')}.`,
  most: 0,
  options: {
    workspace: { type: 'string', value: 'SLUG', says: 'the workspace that it opens' },
    scopes: { type: 'string', value: 'a,b', says: 'what it may do, separated by commas' },
    name: { type: 'string', value: 'NAME', says: 'what history calls it; default Command line' },
    strict: { type: 'boolean', says: 'changes need If-Match, so that none is made on an old version' },
  },
  examples: [['flowstate keys create --workspace acme --scopes crm:read', 'a key that only reads'], ['KEY=$(flowstate keys create --workspace acme --scopes crm:read,crm:write --json | jq -r .secret)', 'a key for a script']],
  async run({ values, out }) {
    const workspace = required(values.workspace, '--workspace', usage)
    const scopes = required(values.scopes, '--scopes', usage).split(',').map((scope) => scope.trim())
    const unknown = scopes.filter((scope) => !(Scope.options as string[]).includes(scope))
    if (unknown.length > 0) throw new UsageError(`There is no scope ${unknown.join(', ')}. Scopes are ${Scope.options.join(', ')}.`)
    const key = { scopes: scopes as Scope[], name: typeof values.name === 'string' ? values.name : 'Command line', strict: values.strict === true }
    const env = readEnv(process.env, { data: values.data as string | undefined })
    const instance = await runningInstance(env.dataDir)
    const say = (made: KeyWithSecret) => out.result(made, `${made.secret}\n\nKept nowhere else: put it where your server reads its secrets. It is ${made.id}, with ${made.scopes.join(', ')}.`)
    if (instance) return say(await askInstance<KeyWithSecret>(instance, 'keys-create', { workspace, ...key }))
    const server = await openHere(env)
    try {
      const found = await server.services.workspaces.bySlug(workspace)
      if (!found) throw new UsageError(`There is no workspace ${workspace}. Create it: flowstate workspace create ${workspace}`)
      say(await server.services.keys.createAsOwner(found.id, key))
    } finally {
      await server.close()
    }
  },
}
