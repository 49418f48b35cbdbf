import type { Mail } from './mail.ts'

const TIMEOUT_MS = 20_000

/** Mail by SMTP: `smtps://user:password@mail.example.com?from=crm@example.com`. `from` defaults to the user, where that is an address. */
export const smtpMail = (url: string): Mail => {
  const parsed = new URL(url)
  const user = decodeURIComponent(parsed.username)
  const from = parsed.searchParams.get('from') ?? (user.includes('@') ? user : null)
  if (!from) throw new Error('SMTP_URL names no sender: append ?from=crm@example.com to it.')
  parsed.searchParams.delete('from')
  const transport = import('nodemailer').then(({ createTransport }) => createTransport({ url: parsed.href, connectionTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS }, { from }))
  return {
    async send({ to, subject, text }) {
      await (await transport).sendMail({ to, subject, text })
    },
  }
}
