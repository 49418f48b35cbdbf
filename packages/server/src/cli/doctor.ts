import type { Finding } from '../doctor/finding.ts'
import { type Command, textOf } from './command.ts'

const MARKS = { ok: 'ok', warning: 'LOOK', wrong: 'WRONG', unknown: '?' } as const

export const doctor: Command = {
  summary: 'Says what is wrong with an instance, and how to mend it.',
  usage: 'flowstate doctor',
  help: 'It looks at the settings, the data directory and who may read it, the secret, the disk, the database, its schema, its user and its clock, the storage, the port, the server, its worker, the mail server, the OpenID provider, the room, the last backup and the end of the audit log. It changes nothing, and works while the server runs and while it does not: give it the same environment. No secret is in what it says, so that it can be shown to others.\nWRONG keeps something from working or leaves it open; LOOK is worth a look.',
  most: 0,
  options: {},
  examples: [['flowstate doctor --data ./crm', 'before the first start, and whenever something is odd'], ['flowstate doctor --json | jq \'.findings[] | select(.state == "wrong")\'', 'for a program that watches']],
  exits: { 1: 'when something is wrong' },
  async run({ values, out }) {
    const { diagnose } = await import('../doctor/doctor.ts')
    const { healthy, findings } = await diagnose(process.env, textOf(values, 'data'))
    const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length
    const [bad, odd] = [count('wrong'), count('warning')]
    const verdict = bad > 0 ? `${bad} ${bad === 1 ? 'thing is' : 'things are'} wrong.` : odd > 0 ? `Nothing is wrong; ${odd} ${odd === 1 ? 'thing is' : 'things are'} worth a look.` : 'Nothing is wrong.'
    out.result({ healthy, findings }, [...findings.flatMap(lines), '', verdict].join('\n'))
    return healthy ? 0 : 1
  },
}

const lines = ({ check, state, says, mend }: Finding): string[] => [`${MARKS[state].padEnd(5)}  ${check.padEnd(10)}  ${says}`, ...(mend === undefined ? [] : [`${' '.repeat(19)}→ ${mend}`])]
