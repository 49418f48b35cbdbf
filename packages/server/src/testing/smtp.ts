import { createServer, type Socket } from 'node:net'

export interface Received { from: string; to: string[]; text: string }

/** An SMTP server on loopback (RFC 5321, as much of it as a client needs) that keeps what it is given. */
export const smtpReceiver = async () => {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let mail: Received = { from: '', to: [], text: '' }
    let data = false
    let rest = ''
    const hear = (line: string): string | null => {
      if (data) {
        if (line !== '.') {
          mail.text += `${line.replace(/^\./, '')}\n`
          return null
        }
        data = false
        received.push({ ...mail, text: unquoted(mail.text) })
        mail = { from: '', to: [], text: '' }
        return '250 taken'
      }
      const address = /<([^>]*)>/.exec(line)?.[1] ?? ''
      if (/^(EHLO|HELO)/i.test(line)) return '250 localhost'
      if (/^MAIL/i.test(line)) mail.from = address
      if (/^RCPT/i.test(line)) mail.to.push(address)
      if (/^DATA/i.test(line)) data = true
      return data ? '354 go on' : /^QUIT/i.test(line) ? '221 bye' : '250 ok'
    }
    socket.write('220 localhost\r\n')
    socket.on('data', (chunk) => {
      const lines = (rest + String(chunk)).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const answer = hear(line)
        if (answer !== null) socket.write(`${answer}\r\n`)
      }
    })
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `smtp://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}?from=crm@acme.example`,
    received,
    close: () => new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    }),
  }
}

/** Quoted-printable (RFC 2045), of which plain text has soft line breaks and equals signs. */
const unquoted = (text: string): string => text.replaceAll('=\n', '').replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
