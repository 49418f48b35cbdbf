import { readEnv } from '../env.ts'
import { type Command, required } from './command.ts'
import { askInstance, openHere, runningInstance } from './instance.ts'
import { sameData } from './shell.ts'

const usage = 'flowstate workspace create <slug> [--name NAME]'

export const workspaceCreate: Command = {
  summary: 'Creates a workspace: walls between one tenant\'s records and another\'s.',
  usage,
  most: 1,
  options: { name: { type: 'string', value: 'NAME', says: 'what people read; default the slug' } },
  examples: [['flowstate workspace create acme --name "Acme Ltd"', 'the first thing to do with an empty data directory']],
  async run({ positionals, values, out }) {
    const slug = required(positionals[0], 'The slug', usage)
    const env = readEnv(process.env, { data: values.data as string | undefined })
    const name = typeof values.name === 'string' ? values.name : undefined
    const instance = await runningInstance(env.dataDir)
    if (instance) {
      const made = await askInstance<{ id: string; slug: string; name: string }>(instance, 'workspace-create', { slug, name })
      return out.result(made, `Workspace ${made.slug} is ${made.id}. A key for it: flowstate keys create --workspace ${made.slug} --scopes crm:read,crm:write${sameData(values)}`)
    }
    const server = await openHere(env)
    try {
      const { id, name: called } = await server.services.workspaces.create(slug, name)
      out.result({ id, slug, name: called }, `Workspace ${slug} is ${id}. A key for it: flowstate keys create --workspace ${slug} --scopes crm:read,crm:write${sameData(values)}`)
    } finally {
      await server.close()
    }
  },
}
