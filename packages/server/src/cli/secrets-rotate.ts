import { readEnv } from '../env.ts'
import type { Rotated } from '../keyring/rotation.service.ts'
import { type Command, textOf, UsageError } from './command.ts'
import { askInstance, openHere, runningInstance } from './instance.ts'

export const secretsRotate: Command = {
  summary: 'Puts the instance under another secret, while it serves; keys, sign-ins and webhooks go on.',
  usage: 'flowstate secrets rotate [--end-previous]',
  help: 'Everything secret is derived from one secret: signatures of tokens, hashes of keys, and what seals the secrets of webhooks and second factors. This makes another, signs by it from now on, and renews what lies in the database row by row. Cut off, it goes on when it is called again.\nThe secret before it stays known for what it has signed: tokens of pages (15 minutes), sign-ins of pages (12 hours), and of people (7 days). The next rotation forgets it.\nWhere FLOWSTATE_SECRET is set, put the new one in front of it yourself, separated by a comma, and start the servers again; then this renews the rows and says when the old one may go.',
  most: 0,
  options: { 'end-previous': { type: 'boolean', says: 'forgets the secret before it at once, with the tokens and sign-ins that it has signed: for when it has been seen by others' } },
  examples: [['flowstate secrets rotate --data ./crm', 'what a yearly job would do'], ['flowstate secrets rotate --end-previous', 'after a leak: people sign in again, keys go on']],
  async run({ values, out }) {
    const env = readEnv(process.env, { data: textOf(values, 'data') })
    const endPrevious = values['end-previous'] === true
    if (endPrevious && env.givenSecret !== null) throw new UsageError('The secrets are set in the environment: take the previous one out of FLOWSTATE_SECRET there, once flowstate secrets rotate has said that nothing needs it.')
    const instance = await runningInstance(env.dataDir)
    const rotated = instance ? await askInstance<Rotated>(instance, 'secrets-rotate', { endPrevious }) : await rotateHere()
    out.result(rotated, words(rotated))
    return rotated.lost > 0 ? 1 : 0

    async function rotateHere(): Promise<Rotated> {
      const server = await openHere(env)
      try {
        return await server.services.rotation.rotate({ endPrevious })
      } finally {
        await server.close()
      }
    }
  },
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
const words = ({ made, renewed, lost, earlier, kept }: Rotated): string => {
  const { keys, webhooks, secondFactors, accounts } = renewed
  const rows = keys + webhooks + secondFactors + accounts
  return [
    made ? 'There is a new secret; everything is signed and sealed by it from now on.' : 'No secret was made: the newest one has now been put behind everything.',
    rows === 0 ? 'Nothing in the database was under an earlier one.' : `Renewed: ${counted(keys, 'key')}, ${counted(webhooks, 'webhook')}, ${counted(secondFactors, 'second factor')}, ${counted(accounts, 'account')}.`,
    ...(lost === 0 ? [] : [`${lost} rows are under a secret that is not known here any more, so that nothing opens them. ${kept === 'file' ? 'If you have it, add it as the last line of DIR/secret' : 'If you have it, put it last in FLOWSTATE_SECRET'} and repeat the command; else make these keys and webhooks' secrets anew.`]),
    earlier === 0 ? 'No earlier secret is known: what it had signed is over.'
      : kept === 'file' ? 'The one before stays known for the tokens and sign-ins that it has signed, until the next rotation, or --end-previous.'
        : 'No row needs the earlier ones any more. Take them out of FLOWSTATE_SECRET in 12 hours, when the sign-ins of pages that they have signed are over; people whose sign-in they have signed sign in again then.',
  ].join('\n')
}
