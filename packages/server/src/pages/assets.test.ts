import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

let home: FreshDatabase
let test: TestServer
beforeAll(async () => {
  home = await freshDatabase('sqlite')
  test = await createTestServer(home)
})
afterAll(async () => {
  await test.close()
  await home.dispose()
})

it('serves files, and nothing that is none', async () => {
  for (const path of ['', 'pages', 'pages/', '%E0%A4%A', '..%2f..%2fpackage.json', 'none.js']) expect((await test.request(`${test.base}/elements/${path}`)).status, path).toBe(404)
})
