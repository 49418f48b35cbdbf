import { createServer, type ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { createAnswerWriter } from './write-answer.ts'

it('sends answers together, and one that cannot be sent harms no other', async () => {
  const reported: string[] = []
  const write = createAnswerWriter((_, requestId) => reported.push(requestId))
  const waiting: { path: string; outgoing: ServerResponse }[] = []
  const http = createServer((incoming, outgoing) => {
    waiting.push({ path: incoming.url ?? '', outgoing })
    if (waiting.length < 4) return
    for (const { path, outgoing: of } of waiting) {
      // Whoever asked for it has gone before it is sent.
      if (path === '/gone') of.destroy()
      write(of, { status: 200, headers: { 'x-request-id': path, ...(path === '/wrong' ? { 'x-wrong': '\n' } : {}) }, body: path === '/wide' ? 'Müller ✓' : path })
    }
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  const base = `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`
  const answers = await Promise.all(['/plain', '/wrong', '/wide', '/gone'].map((path) => fetch(base + path).then((answer) => answer.text(), () => null)))
  expect(answers).toEqual(['/plain', null, 'Müller ✓', null])
  expect(reported).toEqual(['/wrong'])
  http.closeAllConnections()
  await new Promise((resolve) => http.close(resolve))
})
