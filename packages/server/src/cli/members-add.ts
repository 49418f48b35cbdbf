import { Role } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { type Command, required, textOf, UsageError } from './command.ts'
import { reach } from './reach.ts'

const usage = 'flowstate members add --email ADDRESS [--role member] [--name NAME]'

export const membersAdd: Command = {
  summary: 'Adds a person to a workspace, who can then own records.',
  usage,
  most: 0,
  options: {
    email: { type: 'string', value: 'ADDRESS', says: 'unique in the workspace, whatever the case of its letters' },
    role: { type: 'string', value: 'ROLE', says: `${Role.options.join(', ')}; default member` },
    name: { type: 'string', value: 'NAME', says: 'what people read; default the address' },
    workspace: { type: 'string', value: 'SLUG', says: 'which workspace, where there are several' },
  },
  examples: [['flowstate members add --email ada@acme.example --name "Ada Byron" --role admin', 'a person who administers the workspace']],
  async run({ values, out }) {
    const email = required(values.email, '--email', usage)
    const role = textOf(values, 'role')
    const known = role === undefined ? undefined : Role.safeParse(role).data
    if (role !== undefined && known === undefined) throw new UsageError(`There is no role ${role}. Roles are ${Role.options.join(', ')}.`)
    const name = textOf(values, 'name')
    const { flowstate, close } = await reach(readEnv(process.env, { data: textOf(values, 'data') }), textOf(values, 'workspace'), { worker: false })
    try {
      const made = await flowstate.members.create({ email, ...(known === undefined ? {} : { role: known }), ...(name === undefined ? {} : { name }) })
      out.result(made, `${made.name} is ${made.id}, with the role ${made.role}.`)
    } finally {
      await close()
    }
  },
}
