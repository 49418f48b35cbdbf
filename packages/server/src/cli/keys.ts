import type { Key, Scope } from '@flowstate-ai/sdk/contract'
import { ROTATION_GRACE, Scope as Scopes } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { type Command, required, textOf, UsageError, type Values } from './command.ts'
import { reach, type Reached } from './reach.ts'

const WORKSPACE = { workspace: { type: 'string', value: 'SLUG', says: 'which workspace, where there are several' } } as const
const EXAMPLE = 'key_01jd3w7k5r8e4n2v6y9q0x1z3b'

export const keysList: Command = {
  summary: 'Lists a workspace\'s keys and agents\' tokens: what they may do, when they were last used, when they end.',
  usage: 'flowstate keys list [--all]',
  help: 'Secrets are not in it: they are kept as hashes, and were shown when they were made. A key that has not been used for long is one to revoke.',
  most: 0,
  options: { all: { type: 'boolean', says: 'also those that were revoked or are over' }, ...WORKSPACE },
  examples: [['flowstate keys list', 'who can enter by a key now'], ['flowstate keys list --all --json', 'with those of the past, as a document']],
  run: ({ values, out }) => reaching(values, async ({ flowstate, keyId }) => {
    const keys: Key[] = []
    for await (const key of flowstate.keys.list({ limit: 200 })) if (key.id !== keyId && (values.all === true || isLive(key))) keys.push(key)
    out.result({ items: keys }, keys.length === 0 ? 'There is no key that opens anything. Make one: flowstate keys create --workspace SLUG --scopes crm:read' : keys.map(keyLine).join('\n'))
  }),
}

export const keysRotate: Command = {
  summary: 'Makes a key that replaces another; the old one works on for a while.',
  usage: 'flowstate keys rotate <keyId> [--grace SECONDS]',
  help: 'The new one has the same name and scopes, and for an agent\'s token the same agent and kinds. Put its secret where the old one is read, within the grace: after it the old one opens nothing.',
  most: 1,
  options: { grace: { type: 'string', value: 'SECONDS', says: `how long the old one works on, 0 to ${ROTATION_GRACE.max}; default ${ROTATION_GRACE.default}, a day` }, ...WORKSPACE },
  examples: [[`flowstate keys rotate ${EXAMPLE} --grace 3600`, 'an hour to put the new secret in place'], [`flowstate keys rotate ${EXAMPLE} --json | jq -r .secret`, 'the new secret alone']],
  run: ({ positionals, values, out }) => {
    const id = required(positionals[0], 'The key', keysRotate.usage)
    const said = textOf(values, 'grace') ?? String(ROTATION_GRACE.default)
    const grace = Number(said)
    if (!/^\d+$/.test(said) || grace > ROTATION_GRACE.max) throw new UsageError(`--grace takes whole seconds from 0 to ${ROTATION_GRACE.max}, not ${textOf(values, 'grace')}.`)
    return reaching(values, async ({ flowstate }) => {
      const made = await flowstate.keys.rotate(id, { graceSeconds: grace })
      out.result(made, `${made.secret}\n\nKept nowhere else: put it where the old one is read. It is ${made.id}, ${made.name}, with ${made.scopes.join(', ')}. The old one, ${id}, ${grace === 0 ? 'has ended' : `ends in ${wordsOf(grace)}`}.`)
    })
  },
}

export const keysRevoke: Command = {
  summary: 'Ends a key at once, with the tokens that it minted and their sockets.',
  usage: 'flowstate keys revoke <keyId>',
  help: 'It opens nothing within a second, and cannot be brought back; to replace one without a gap there is flowstate keys rotate.',
  most: 1,
  options: WORKSPACE,
  examples: [[`flowstate keys revoke ${EXAMPLE}`, 'when a secret has been seen by others; flowstate keys list tells its id']],
  run: ({ positionals, values, out }) => {
    const id = required(positionals[0], 'The key', keysRevoke.usage)
    return reaching(values, async ({ flowstate }) => {
      const key = await flowstate.keys.revoke(id)
      out.result(key, `${key.name} (${key.id}) opens nothing any more, nor does any token that it minted.`)
    })
  },
}

/** With a key that holds everything, for none makes a key that holds more than itself. */
export const reaching = async (values: Values, work: (reached: Reached) => Promise<void>): Promise<void> => {
  const reached = await reach(readEnv(process.env, { data: textOf(values, 'data') }), textOf(values, 'workspace'), { worker: false, scopes: [...Scopes.options] as Scope[] })
  try {
    await work(reached)
  } finally {
    await reached.close()
  }
}

export const isLive = ({ revokedAt, expiresAt }: Key): boolean => revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > Date.now())

const keyLine = (key: Key): string => `${key.id}  ${stateOf(key).padEnd(22)}  ${(key.lastUsedAt === null ? 'never used' : `used ${minuteOf(key.lastUsedAt)}`).padEnd(21)}  ${key.name}${key.agentId === null ? '' : `, for ${key.agentId}`}: ${key.scopes.join(', ')}`
const stateOf = (key: Key): string => {
  if (key.revokedAt !== null) return `revoked ${dayOf(key.revokedAt)}`
  if (key.expiresAt === null) return 'live'
  return isLive(key) ? `until ${minuteOf(key.expiresAt)}` : `over ${dayOf(key.expiresAt)}`
}
const minuteOf = (at: string): string => at.slice(0, 16).replace('T', ' ')
const dayOf = (at: string): string => at.slice(0, 10)
const wordsOf = (seconds: number): string => {
  const [count, unit] = seconds % 86_400 === 0 ? [seconds / 86_400, 'day'] : seconds % 3_600 === 0 ? [seconds / 3_600, 'hour'] : [seconds, 'second']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
