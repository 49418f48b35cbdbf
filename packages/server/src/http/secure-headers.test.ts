import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describe('what every answer tells a browser', () => {
  let home: FreshDatabase
  let test: TestServer
  beforeAll(async () => {
    home = await freshDatabase('sqlite')
    test = await createTestServer(home, { publicUrl: 'https://crm.example.com', allowedOrigins: ['https://app.example.com'], playground: { workspaceSlug: 'acme' } })
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const of = async (path: string, headers: Record<string, string> = {}) => (await test.request(`${test.base}${path}`, { headers })).headers
  const ALWAYS = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'strict-transport-security': 'max-age=31536000' }

  it('is told with JSON, refusals and what the framework serves, in the same words', async () => {
    const authorization = `Bearer ${test.secret}`
    const origin = { origin: 'https://app.example.com' }
    const { token } = await test.flowstate.embedTokens.create({ subject: 'Ada', role: 'viewer' })
    for (const [path, headers] of [
      ['/api/v1/companies', { authorization }], ['/api/v1/companies', {}], ['/api/v1/companies/com_00000000000000000000000000', { authorization }], ['/api/v1/companies', { ...origin, authorization: `Bearer ${token}` }],
      ['/api/v1/nothing', {}], ['/api/v1/exports/companies?format=csv', { authorization }], ['/api/v1/auth/get-session', {}], ['/nowhere', {}], ['/healthz', {}], ['/docs/start.js', {}], ['/docs', {}],
    ] as const) {
      expect(Object.fromEntries(await of(path, headers)), path).toMatchObject({ ...ALWAYS, 'cross-origin-resource-policy': 'same-origin' })
    }
  })

  it('lets pages of every origin load the elements and the document, and none frame a page of ours', async () => {
    for (const path of ['/elements/flowstate.js', '/openapi.json']) {
      const headers = await of(path)
      // Not every checkout has built the elements.
      if (headers.get('content-type')?.startsWith('application/problem')) continue
      expect(Object.fromEntries(headers), path).toMatchObject({ ...ALWAYS, 'cross-origin-resource-policy': 'cross-origin', 'access-control-allow-origin': '*' })
    }
    const docs = await of('/docs/api')
    expect(docs.get('x-frame-options')).toBe('DENY')
    expect(docs.get('content-security-policy')).toMatch(/^default-src 'none'.*; frame-ancestors 'none'$/)
    const playground = await of('/playground/')
    expect(playground.get('x-frame-options')).toBe('SAMEORIGIN')
    expect(playground.get('content-security-policy')?.match(/frame-ancestors/g)).toHaveLength(1)
  })

  it('names no https where there is none', async () => {
    const local = await createTestServer(await freshDatabase('sqlite'))
    for (const path of ['/api/v1/companies', '/healthz']) expect((await local.request(`${local.base}${path}`)).headers.has('strict-transport-security')).toBe(false)
    await local.close()
  })
})
