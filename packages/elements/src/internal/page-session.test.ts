import { type Clock, FlowstateError, type PageToken } from '@flowstate-ai/sdk'
import { PageSession, signInClient } from './page-session.ts'
import { newProofKey } from './proof-key.ts'
import { sha256 } from './sha256.ts'
import { newWorkspace, until, type Workspace } from './testing.ts'

const check = (condition: unknown, message: string): void => { if (!condition) throw new Error(message) }
const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** Time that stands still until a test moves it. */
const handClock = () => {
  let now = 0
  const timers = new Set<{ at: number; run: () => void }>()
  const clock: Clock = {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => { timers.delete(timer) }
    },
    random: () => 0.5,
  }
  const pass = (seconds: number): void => {
    now += seconds * 1_000
    for (const timer of [...timers]) if (timer.at <= now && timers.delete(timer)) timer.run()
  }
  /** The machine sleeps: nothing runs, and time has passed. */
  const sleep = (seconds: number): void => { now += seconds * 1_000 }
  return { clock, pass, sleep }
}

describe('what a page holds of who signed in', () => {
  let workspace: Workspace
  let asked: string[]
  let broken: boolean
  let ends: number
  let failures: number
  beforeEach(async () => {
    workspace = await newWorkspace()
    asked = []
    broken = false
    ends = 0
    failures = 0
  })
  const counted = async (url: string, init?: RequestInit): Promise<Response> => {
    const path = new URL(url).pathname.replace('/api/v1', '')
    if (broken && path === '/embed-tokens/refresh') {
      setTimeout(() => { failures++ })
      throw new TypeError('the line is down')
    }
    const answer = await fetch(url, init)
    asked.push(path)
    return answer
  }
  const enter = async (): Promise<{ session: PageSession; page: PageToken } & ReturnType<typeof handClock>> => {
    const { verifier, challenge } = await newProofKey()
    const page = await signInClient({ baseUrl: workspace.base }).embedTokens.exchange({ code: await workspace.code(challenge), verifier })
    const time = handClock()
    const session = new PageSession({ base: workspace.base, page, onEnded: () => { ends++ }, clock: time.clock, fetch: counted })
    return { session, page, ...time }
  }
  const refreshes = () => asked.filter((path) => path === '/embed-tokens/refresh').length

  it('asks with the token that it got, and renews it a minute before it ends, once for all who ask', async () => {
    const { session, pass } = await enter()
    await Promise.all(Array.from({ length: 20 }, () => session.client.whoami.retrieve()))
    check(refreshes() === 0, 'nothing was renewed yet')
    pass(539)
    await session.client.whoami.retrieve()
    check(refreshes() === 0, 'it is not a minute before the end')
    pass(1)
    await until(() => refreshes() === 1)
    // The old one is over by now: all of them ask for the next, which is there.
    pass(65)
    await Promise.all(Array.from({ length: 20 }, () => session.client.whoami.retrieve()))
    check(refreshes() === 1, `${refreshes()} refreshes`)
    check(ends === 0, 'the session goes on')
  })

  it('renews once for all who ask after the machine has slept', async () => {
    const { session, sleep } = await enter()
    await session.client.whoami.retrieve()
    sleep(3_600)
    await Promise.all(Array.from({ length: 20 }, () => session.client.whoami.retrieve()))
    check(refreshes() === 1, `${refreshes()} refreshes`)
    check(ends === 0, 'the session goes on')
  })

  it('goes on trying while the server cannot be reached, and is not ended by it', async () => {
    const { session, pass } = await enter()
    await session.client.whoami.retrieve()
    broken = true
    pass(540)
    await until(() => failures === 1)
    broken = false
    pass(10)
    await until(() => refreshes() === 1)
    await session.client.whoami.retrieve()
    check(ends === 0, 'the session goes on')
  })

  it('says once that the server has ended it', async () => {
    const { session, page, pass } = await enter()
    await workspace.call('DELETE', '/embed-tokens')
    pass(540)
    await until(() => ends === 1)
    const refused = await session.client.whoami.retrieve().then(() => null, (error: unknown) => error)
    check(refused instanceof FlowstateError && refused.status !== 200, 'nothing is answered any more')
    check(ends === 1, `${ends} ends`)
    check(page.refresh !== '', 'there was one')
  })

  it('ends it at the server, with the tokens that stand on it', async () => {
    const { session, page } = await enter()
    await session.client.whoami.retrieve()
    await session.end()
    const refused = await signInClient({ baseUrl: workspace.base }).embedTokens.refresh({ refresh: page.refresh }).then(() => null, (error: unknown) => error)
    check(refused instanceof FlowstateError && refused.status === 401, 'the refresh is refused')
    check(ends === 0, 'who leaves is not told that it was ended')
  })
})

describe('sha256', () => {
  it('answers what the browser\'s own does', async () => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1_000]) {
      const bytes = crypto.getRandomValues(new Uint8Array(length))
      check(hex(sha256(bytes)) === hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))), `of ${length} bytes`)
    }
  })
})
