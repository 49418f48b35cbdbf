import { type Member, Role } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { type Command, required, textOf, UsageError } from './command.ts'
import { askInstance, openHere, runningInstance } from './instance.ts'
import { onlyWorkspace } from './reach.ts'

const usage = 'flowstate members add --email ADDRESS [--role member] [--name NAME] [--password-stdin]'

export const membersAdd: Command = {
  summary: 'Adds a person to a workspace; with a password, one who can sign in.',
  usage,
  help: 'Who is a member already is given the role, and the account. Who has an account keeps their password. Without one, somebody can own records, and signs in when their address has been confirmed.',
  most: 0,
  options: {
    email: { type: 'string', value: 'ADDRESS', says: 'unique in the workspace, whatever the case of its letters' },
    role: { type: 'string', value: 'ROLE', says: `${Role.options.join(', ')}; default member` },
    name: { type: 'string', value: 'NAME', says: 'what people read; default the address' },
    'password-stdin': { type: 'boolean', says: 'reads the password, 10 to 128 characters, from standard input, where no list of processes shows it' },
    workspace: { type: 'string', value: 'SLUG', says: 'which workspace, where there are several' },
  },
  examples: [
    ['flowstate members add --email ada@acme.example --name "Ada Byron" --role owner --password-stdin < password.txt', 'the owner of a workspace'],
    ['flowstate members add --email grace@acme.example', 'a person who owns records'],
  ],
  async run({ values, out }) {
    const email = required(values.email, '--email', usage)
    const role = textOf(values, 'role') ?? 'member'
    const known = Role.safeParse(role).data
    if (known === undefined) throw new UsageError(`There is no role ${role}. Roles are ${Role.options.join(', ')}.`)
    const password = values['password-stdin'] === true ? await passwordFrom(process.stdin) : undefined
    const member = { email, role: known, ...(textOf(values, 'name') === undefined ? {} : { name: textOf(values, 'name') }), ...(password === undefined ? {} : { password }) }
    const env = readEnv(process.env, { data: textOf(values, 'data') })
    const say = (made: Member) => out.result(made, `${made.name} is ${made.id}, with the role ${made.role}.`)
    const instance = await runningInstance(env.dataDir)
    if (instance) return say(await askInstance<Member>(instance, 'members-add', { workspace: textOf(values, 'workspace') ?? null, member }))
    const server = await openHere(env)
    try {
      const workspace = await onlyWorkspace(server.services.workspaces, textOf(values, 'workspace'))
      say(await server.services.members.addAsOwner(workspace.id, member))
    } finally {
      await server.close()
    }
  },
}

const MOST_BYTES = 1_024
const passwordFrom = async (input: NodeJS.ReadStream): Promise<string> => {
  if (input.isTTY) throw new UsageError('--password-stdin reads from a file or a pipe: flowstate members add --email … --password-stdin < password.txt')
  let text = ''
  for await (const chunk of input) {
    text += String(chunk)
    if (text.length > MOST_BYTES) break
  }
  // A file ends with a line break, which is no part of the password.
  return text.replace(/\r?\n$/, '')
}
