import { createHash } from 'node:crypto'
import { ForbiddenError, NotFoundError, type Flowstate } from '@flowstate-ai/sdk'
import { FILE_LIMIT_BYTES } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3])

describeEachDatabase('files', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate

  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { allowedOrigins: ['https://app.example'] })
    flowstate = test.flowstate
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const get = (id: string, headers: Record<string, string> = {}) => test.request(`${test.base}/api/v1/files/${id}/content`, { headers: { authorization: `Bearer ${test.secret}`, ...headers } })

  it('come back byte for byte, as downloads that no browser takes for a page', async () => {
    const content = new Uint8Array(3_000_000).map((_, index) => (index * 7) % 251)
    const told: number[] = []
    const file = await flowstate.files.upload(content, { name: '../Angebot für "Ökö" 50%.html', type: 'text/html', onProgress: (bytes) => told.push(bytes) })
    expect(file).toMatchObject({ name: 'Angebot für "Ökö" 50%.html', type: 'text/html', sniffedType: null, bytes: 3_000_000, sha256: createHash('sha256').update(content).digest('hex'), version: 1, archivedAt: null })
    expect(told.at(-1)).toBe(3_000_000)
    const response = await flowstate.files.content(file.id)
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), Buffer.from(content))).toBe(0)
    const { headers, status } = await get(file.id)
    expect(status).toBe(200)
    expect(headers.get('content-disposition')).toBe('attachment; filename="Angebot fur _Oko_ 50_.html"; filename*=UTF-8\'\'Angebot%20f%C3%BCr%20%22%C3%96k%C3%B6%22%2050%25.html')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain('sandbox')
    expect(headers.get('cache-control')).toContain('private')
    expect(headers.get('etag')).toBe(`"${file.sha256}"`)
    expect((await get(file.id, { 'if-none-match': `"${file.sha256}"` })).status).toBe(304)
    expect(await flowstate.files.retrieve(file.id)).toEqual(file)
  })

  it('keep what they are called and what they look like', async () => {
    expect(await flowstate.files.upload(PNG, { name: 'a.png' })).toMatchObject({ type: 'image/png', sniffedType: 'image/png' })
    expect(await flowstate.files.upload(PNG, { name: 'a.txt', type: 'text/plain; charset=utf-8' })).toMatchObject({ type: 'text/plain', sniffedType: 'image/png' })
    expect(await flowstate.files.upload(new Blob(['x'], { type: 'text/csv' }))).toMatchObject({ name: 'file', type: 'text/csv', sniffedType: null, bytes: 1 })
    expect(await flowstate.files.upload('')).toMatchObject({ type: 'application/octet-stream', bytes: 0 })
    expect(await (await flowstate.files.content((await flowstate.files.upload('')).id)).text()).toBe('')
  })

  it('are refused above 25 MB, and leave nothing', async () => {
    const before = (await flowstate.files.list({ limit: 200 })).items.length
    await expect(flowstate.files.upload(new Uint8Array(FILE_LIMIT_BYTES + 1))).rejects.toMatchObject({ status: 413, code: 'too_large' })
    expect((await flowstate.files.list({ limit: 200 })).items).toHaveLength(before)
    expect((await flowstate.files.upload(new Uint8Array(FILE_LIMIT_BYTES))).bytes).toBe(FILE_LIMIT_BYTES)
  })

  it('take no idempotency key, for a stream is not replayed', async () => {
    const response = await test.request(`${test.base}/api/v1/files`, { method: 'POST', headers: { authorization: `Bearer ${test.secret}`, 'idempotency-key': 'x', 'content-type': 'text/plain' }, body: 'x' })
    expect(response.status).toBe(400)
  })

  it('are archived and restored, and what carries them keeps them', async () => {
    const { id } = await flowstate.files.upload('x', { name: 'unique.txt' })
    const company = await flowstate.companies.create({ name: 'Acme' })
    const mail = await flowstate.interactions.create({ kind: 'email', companyId: company.id, attachments: [id] })
    expect(await flowstate.files.archive(id)).toMatchObject({ id, version: 2 })
    expect((await flowstate.files.list({ name: 'unique.txt' })).items).toEqual([])
    await expect(flowstate.interactions.create({ kind: 'email', companyId: company.id, attachments: [id] })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '/attachments/0', code: 'not_found' }] })
    expect(await flowstate.interactions.update(mail.id, { subject: 'Still there', attachments: [id] })).toMatchObject({ attachments: [id] })
    expect(await flowstate.files.restore(id)).toMatchObject({ archivedAt: null, version: 3 })
  })

  it('and participants are checked, kept and undone with their interaction', async () => {
    const [one, two] = [await flowstate.files.upload('1'), await flowstate.files.upload('2')]
    const customer = await flowstate.customers.create({ name: 'Ada' })
    const member = await flowstate.members.create({ email: 'bo@x.example' })
    const participants = [{ memberId: member.id, role: 'organizer' as const }, { customerId: customer.id, role: 'attendee' as const }, { email: 'eve@x.example', name: 'Eve' }]
    const meeting = await flowstate.interactions.create({ kind: 'meeting', customerId: customer.id, attachments: [one.id], participants })
    expect(meeting).toMatchObject({ attachments: [one.id], participants })
    expect(await flowstate.interactions.retrieve(meeting.id)).toEqual(meeting)
    const { changeSetId } = await flowstate.interactions.update(meeting.id, { attachments: [two.id, one.id], participants: [] }).withResponse()
    await flowstate.changesets.revert(changeSetId ?? '')
    expect(await flowstate.interactions.retrieve(meeting.id)).toMatchObject({ attachments: [one.id], participants })
    expect(await flowstate.interactions.create({ kind: 'note', customerId: customer.id })).toMatchObject({ attachments: [], participants: [] })
    const refused = (data: object) => expect(flowstate.interactions.update(meeting.id, data)).rejects
    await refused({ attachments: ['fil_01jd3w7k5r8e4n2v6y9q0x1z3b'] }).toMatchObject({ status: 422, fieldErrors: [{ pointer: '/attachments/0' }] })
    await refused({ attachments: [one.id, one.id] }).toMatchObject({ status: 422 })
    await refused({ participants: [{ name: 'Nobody' }] }).toMatchObject({ status: 422 })
    await refused({ participants: [{ email: 'x' }] }).toMatchObject({ status: 422 })
    await refused({ participants: [participants[0], { customerId: 'cus_01jd3w7k5r8e4n2v6y9q0x1z3b' }, { memberId: 'mem_01jd3w7k5r8e4n2v6y9q0x1z3b' }] }).toMatchObject({ status: 422, fieldErrors: [{ pointer: '/participants/1/customerId' }, { pointer: '/participants/2/memberId' }] })
    await refused({ participants: Array.from({ length: 101 }, (_, index) => ({ email: `p${index}@x.example` })) }).toMatchObject({ status: 422 })
  })

  it('are seen by a limited token where it made them, or where what it may see carries them', async () => {
    const [mine, other] = [await flowstate.customers.create({ name: 'Mine' }), await flowstate.customers.create({ name: 'Other' })]
    const [carried, foreign, loose] = [await flowstate.files.upload('carried'), await flowstate.files.upload('foreign'), await flowstate.files.upload('loose')]
    await flowstate.interactions.create({ kind: 'email', customerId: mine.id, attachments: [carried.id] })
    await flowstate.interactions.create({ kind: 'email', customerId: other.id, attachments: [foreign.id] })
    const limited = await test.embed({ subject: 'limited', role: 'member', records: { customers: [mine.id] } })
    const stranger = await test.embed({ subject: 'stranger', role: 'member', records: { customers: [other.id] } })
    const own = await limited.files.upload('own')
    expect((await limited.files.list()).items.map(({ id }) => id).sort()).toEqual([carried.id, own.id].sort())
    for (const id of [foreign.id, loose.id]) {
      for (const verb of [() => limited.files.retrieve(id), () => limited.files.content(id), () => limited.files.archive(id), () => limited.files.restore(id)]) await expect(verb()).rejects.toThrow(NotFoundError)
      await expect(limited.interactions.create({ kind: 'note', customerId: mine.id, attachments: [id] })).rejects.toMatchObject({ status: 422 })
    }
    await expect(limited.interactions.create({ kind: 'note', customerId: mine.id, participants: [{ customerId: other.id }] })).rejects.toMatchObject({ status: 422 })
    expect(await (await limited.files.content(carried.id)).text()).toBe('carried')
    await expect(stranger.files.retrieve(own.id)).rejects.toThrow(NotFoundError)
    await limited.interactions.create({ kind: 'note', customerId: mine.id, attachments: [own.id] })
    expect(await (await flowstate.files.content(own.id)).text()).toBe('own')
    await expect((await test.embed({ subject: 'v', role: 'viewer' })).files.upload('x')).rejects.toThrow(ForbiddenError)
  })

  it('of another workspace do not exist', async () => {
    const { id } = await flowstate.files.upload('secret')
    const other = await test.services.workspaces.create(`other-${id.slice(-6)}`)
    const stranger = test.clientFor((await test.services.keys.createAsOwner(other.id, { name: 'K', scopes: ['crm:read', 'crm:write'] })).secret)
    await expect(stranger.files.content(id)).rejects.toThrow(NotFoundError)
    const company = await stranger.companies.create({ name: 'x' })
    await expect(stranger.interactions.create({ kind: 'note', companyId: company.id, attachments: [id] })).rejects.toMatchObject({ status: 422 })
  })
})
