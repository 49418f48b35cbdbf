import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Flowstate, type FeedEvent } from '@flowstate-ai/sdk'
import express from 'express'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from './testing/databases.ts'
import { createTestServer, type TestServer } from './testing/server.ts'

/** A host's own server, with Flowstate below `/crm`. */
const hosts = {
  Hono: (test: TestServer) => getRequestListener(new Hono().get('/', (context) => context.text('the host')).mount('/', (request) => test.server.fetch(request)).fetch),
  Express: (test: TestServer) => {
    const app = express()
    app.get('/', (_request, response) => { response.send('the host') })
    app.use('/crm', (request, response) => {
      request.url = request.originalUrl
      void getRequestListener(test.server.fetch)(request, response)
    })
    return app
  },
}

describe('inside a host\'s own server', () => {
  let home: FreshDatabase
  let test: TestServer
  beforeEach(async () => {
    home = await freshDatabase('sqlite')
    test = await createTestServer(home, { basePath: '/crm' })
  })
  afterEach(async () => {
    await test.close()
    await home.dispose()
  })

  for (const [name, mount] of Object.entries(hosts)) {
    it(`drags a card live below /crm, mounted in ${name}`, async () => {
      const http = createServer(mount(test))
      const detach = test.server.attach(http)
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
      const address = http.address()
      const origin = `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`
      expect(await (await fetch(origin)).text()).toBe('the host')
      expect((await fetch(`${origin}/crm/openapi.json`)).status).toBe(200)
      const flowstate = new Flowstate({ baseUrl: `${origin}/crm`, key: test.secret })
      const pipeline = await flowstate.pipelines.create({ name: 'Sales' })
      const { data: deal, response } = await flowstate.deals.create({ title: 'Dragged' }).withResponse()
      expect(response.headers.get('location')).toBe(`/crm/api/v1/deals/${deal.id}`)
      const events: FeedEvent[] = []
      let told: () => void = () => undefined
      const heard = new Promise<void>((resolve) => { told = resolve })
      let live: () => void = () => undefined
      const connected = new Promise<void>((resolve) => { live = resolve })
      const feed = flowstate.realtime.subscribe({
        channels: ['changes'],
        onStatus: ({ state }) => { if (state === 'live') live() },
        onEvent: (event) => {
          events.push(event)
          if (event.type === 'change' && event.change.id === deal.id) told()
        },
      })
      await connected
      await flowstate.deals.move(deal.id, { stageId: pipeline.stages[2]?.id ?? '' })
      await heard
      expect(events.find((event) => event.type === 'change')).toMatchObject({ change: { noun: 'deals', op: 'update', fields: { stageId: { to: pipeline.stages[2]?.id } } } })
      feed.close()
      detach()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    })
  }
})
