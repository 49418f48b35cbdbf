import { type Flowstate, ForbiddenError, NotFoundError, UnauthenticatedError } from '@flowstate-ai/sdk'
import type { RoomMessage } from '@flowstate-ai/sdk/contract'
import { allOperations } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const CANARY = 'canary-of-another-customer'

describeEachDatabase('a token limited to one customer', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let limited: Flowstate
  let token: string
  const mine: Record<string, string> = {}
  const theirs: Record<string, string> = {}

  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { allowedOrigins: ['https://app.example'] })
    const { flowstate } = test
    const pipeline = await flowstate.pipelines.create({ name: 'Sales' })
    mine.pipeline = pipeline.id
    mine.stage = pipeline.stages[0]?.id ?? ''
    for (const [own, name] of [[mine, 'mine'], [theirs, CANARY]] as const) {
      const company = await flowstate.companies.create({ name: `${name} company` })
      const customer = await flowstate.customers.create({ name: `${name} customer`, email: `${name}@x.example`, companyId: company.id })
      const deal = await flowstate.deals.create({ title: `${name} deal`, customerId: customer.id, companyId: company.id, value: { amount: own === mine ? 100 : 777_777, currency: 'EUR' } })
      const { data: interaction, response } = await flowstate.interactions.create({ kind: 'note', dealId: deal.id, body: `${name} note` }).withResponse()
      const reminder = await flowstate.reminders.create({ title: `${name} reminder`, dueAt: '2030-01-01T09:00:00Z', dealId: deal.id })
      const file = await flowstate.files.upload(`${name} content`, { name: `${name}.txt` })
      await flowstate.interactions.update(interaction.id, { attachments: [file.id] })
      Object.assign(own, { reminder: reminder.id, file: file.id, company: company.id, customer: customer.id, deal: deal.id, interaction: interaction.id, changeSet: response.headers.get('flowstate-change-set') ?? '' })
    }
    token = (await flowstate.embedTokens.create({ subject: 'someone', role: 'member', records: { customers: [mine.customer ?? ''] } })).token
    limited = test.clientFor(token)
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  it('lists its own, and nothing else', async () => {
    expect((await limited.customers.list()).items.map(({ id }) => id)).toEqual([mine.customer])
    expect((await limited.deals.list()).items.map(({ id }) => id)).toEqual([mine.deal])
    expect((await limited.interactions.list()).items.map(({ id }) => id)).toEqual([mine.interaction])
    expect((await limited.reminders.list()).items.map(({ id }) => id)).toEqual([mine.reminder])
    expect((await limited.files.list()).items.map(({ id }) => id)).toEqual([mine.file])
    expect((await limited.companies.list()).items).toEqual([])
    expect(await limited.deals.summary()).toMatchObject({ count: 1, value: [{ amount: 100, currency: 'EUR' }] })
    const { items, to } = await limited.changes.list()
    expect(items.map(({ id }) => id)).toEqual(expect.arrayContaining([mine.customer, mine.deal, mine.interaction]))
    expect(to).toBe((await test.flowstate.changes.list()).to)
  })

  it('answers for a stranger\'s record as for one that never existed, byte for byte', async () => {
    const random = 'x'.repeat(26)
    for (const [noun, prefix, key] of [['customers', 'cus', 'customer'], ['companies', 'com', 'company'], ['deals', 'dea', 'deal'], ['interactions', 'int', 'interaction'], ['reminders', 'rem', 'reminder']] as const) {
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const ask = async (id: string) => {
          const response = await test.request(`${test.base}/api/v1/${noun}/${id}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(method === 'PATCH' ? { body: '{"description":"x"}' } : {}) })
          const { requestId, ...body } = (await response.json()) as { requestId: string }
          return `${response.status} ${JSON.stringify(body).replaceAll(id, 'ID')}`
        }
        expect(await ask(theirs[key] ?? '')).toBe(await ask(`${prefix}_${random}`))
      }
    }
    await expect(limited.changesets.retrieve(theirs.changeSet ?? '')).rejects.toThrow(NotFoundError)
    expect(await limited.changesets.retrieve(mine.changeSet ?? '')).toMatchObject({ changes: [{ id: mine.interaction }] })
  })

  it('finds the stranger in no answer of any operation that reads', async () => {
    for (const { method, path } of allOperations().filter((operation) => operation.method === 'get')) {
      for (const id of [...Object.values(mine), ...Object.values(theirs)]) {
        const response = await test.request(`${test.base}/api/v1${path.replace('{id}', id)}`, { headers: { authorization: `Bearer ${token}` } })
        expect(`${method} ${path}: ${await response.text()}`).not.toContain(CANARY)
        if (!path.includes('{id}')) break
      }
    }
  })

  it('writes only what belongs to its customer', async () => {
    await expect(limited.deals.create({ title: 'x', customerId: theirs.customer })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '/customerId', code: 'not_found' }] })
    await expect(limited.deals.create({ title: 'x' })).rejects.toThrow(ForbiddenError)
    await expect(limited.customers.create({ name: 'x' })).rejects.toThrow(ForbiddenError)
    await expect(limited.deals.update(mine.deal ?? '', { customerId: theirs.customer })).rejects.toMatchObject({ status: 422 })
    await expect(limited.imports.upload('name\nx\n', { noun: 'customers' })).rejects.toThrow(ForbiddenError)
    await expect(limited.changesets.revert(mine.changeSet ?? '')).rejects.toThrow(ForbiddenError)
    await limited.deals.update(mine.deal ?? '', { description: 'by the limited' })
  })

  it('learns of no other by what it writes: not by a key, not by a neighbour, not by what stands in the way', async () => {
    const ask = async (method: string, path: string, body?: object) => {
      const answer = await test.request(`${test.base}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}) })
      return `${answer.status} ${(await answer.text()).replace(/"requestId":"[^"]*"/, '')}`
    }
    const byEmail = (email: string) => ask('PUT', `/customers/by/email/${email}`, { name: 'x' })
    expect(await byEmail(`${CANARY}@x.example`)).toBe(await byEmail('nobody@x.example'))
    const beside = (afterId: string | undefined) => ask('POST', `/deals/${mine.deal}/move`, { stageId: mine.stage, afterId })
    expect(await beside(theirs.deal)).toBe(await beside('dea_00000000000000000000000000'))
    for (const path of [`/pipelines/${mine.pipeline}`, `/stages/${mine.stage}`]) expect(await ask('DELETE', path)).toMatch(/^403 (?!.*holds)/)
  })

  it('hears in the socket that something changed, and pulls only its own', async () => {
    const { url, stop } = await test.listen()
    const { ticket, path } = await limited.realtime.ticket()
    const socket = new WebSocket(`${url.replace('http', 'ws')}/${path}?ticket=${ticket}`)
    const frames: string[] = []
    const seen = new Promise<void>((resolve) => socket.addEventListener('message', ({ data }) => {
      frames.push(String(data))
      if ((JSON.parse(String(data)) as RoomMessage).type === 'changes') resolve()
    }))
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    socket.send(JSON.stringify({ type: 'hello', protocol: 1, channels: ['status', 'changes'] }))
    await new Promise<void>((resolve) => { socket.addEventListener('message', () => resolve(), { once: true }) })
    await test.flowstate.deals.update(theirs.deal ?? '', { description: `${CANARY} again` })
    await seen
    expect(frames.join()).not.toContain(CANARY)
    expect(frames.join()).not.toContain(theirs.deal)
    socket.close()
    await stop()
  })

  it('may not be minted with what shows the whole workspace, nor beyond its key', async () => {
    await expect(test.flowstate.embedTokens.create({ subject: 's', scopes: ['agents:read'], records: { customers: [] } })).rejects.toMatchObject({ status: 422 })
    await expect(test.flowstate.embedTokens.create({ subject: 's', origins: ['https://evil.example'] })).rejects.toMatchObject({ status: 422 })
    await expect(limited.embedTokens.create({ subject: 's' })).rejects.toThrow(ForbiddenError)
  })

  it('is refused from another origin, with another signature, and after its key was revoked', async () => {
    const from = (origin: string, with_ = token) => test.request(`${test.base}/api/v1/deals`, { headers: { authorization: `Bearer ${with_}`, origin } })
    expect((await from('https://app.example')).status).toBe(200)
    expect((await from('https://app.example')).headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect((await from('https://evil.example')).status).toBe(403)
    const [head = '', body = '', signature = ''] = token.split('.')
    const forged = Buffer.from(JSON.stringify({ ...(JSON.parse(Buffer.from(body, 'base64url').toString()) as object), records: null })).toString('base64url')
    for (const bad of [`${head}.${forged}.${signature}`, `${Buffer.from('{"alg":"none","typ":"flowstate-embed+jwt"}').toString('base64url')}.${forged}.`, 'fsk_nothing', 'a.b.c']) {
      await expect(test.clientFor(bad.startsWith('fsk_') ? bad : bad).deals.list()).rejects.toThrow(UnauthenticatedError)
    }
    expect((await test.request(`${test.base}/api/v1/deals`, { headers: { authorization: `Bearer ${test.secret}`, origin: 'https://app.example' } })).status).toBe(401)
    const { id, secret } = await test.flowstate.keys.create({ scopes: ['crm:read', 'admin'], name: 'Short' })
    const minted = (await test.clientFor(secret).embedTokens.create({ subject: 's' })).token
    await test.clientFor(minted).deals.list()
    await test.flowstate.keys.revoke(id)
    const refused = async (): Promise<void> => { for (;;) if ((await test.request(`${test.base}/api/v1/deals`, { headers: { authorization: `Bearer ${minted}` } })).status === 401) return }
    await refused()
    await expect(test.clientFor(secret).deals.list()).rejects.toThrow(UnauthenticatedError)
  })
})
