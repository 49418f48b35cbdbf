import type { Log } from '../log.ts'

/** A message of ours to one person: plain text, with one address to go to. */
export interface Message { to: string; subject: string; text: string }
/** Where mail goes out. Resolves when the next hop has taken it, with `false` where there is none. */
export interface Mail { send(message: Message): Promise<void | false> }

/** For a machine that sends no mail: what would have been sent stands in the log, links included, for whoever runs it. */
export const consoleMail = (log: Pick<Log, 'warn'>): Mail => ({
  async send({ to, subject, text }) {
    log.warn({ mail: { to, subject, text } }, 'SMTP_URL is not set: this mail was not sent')
    return false
  },
})
