import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeClock } from '../../test/fake-clock.ts'
import { problem, scriptedServer } from '../../test/scripted-server.ts'
import { Flowstate, type GetToken, TokenError, UnauthenticatedError } from '../index.ts'

afterEach(() => { vi.useRealTimers() })

const page = (getToken: GetToken, clock = new FakeClock()) => {
  const seen: (string | null)[] = []
  const fetch = async (_: string, init?: RequestInit) => {
    seen.push(new Headers(init?.headers).get('authorization'))
    return Response.json({})
  }
  return { flowstate: new Flowstate({ baseUrl: 'https://crm.example', getToken, fetch, clock }), seen, clock }
}
const counting = (answer: (nth: number) => Awaited<ReturnType<GetToken>>) => {
  const mint = { count: 0, getToken: async () => answer(++mint.count) }
  return mint
}
const jwt = (claims: object) => `${btoa('{}')}.${btoa(JSON.stringify(claims)).replaceAll('=', '')}.signature`

describe('a page\'s token', () => {
  it('is minted once for twenty widgets', async () => {
    const mint = counting((nth) => ({ token: `t${nth}`, expiresIn: 600 }))
    const { flowstate, seen } = page(mint.getToken)
    await Promise.all(Array.from({ length: 20 }, () => flowstate.stats.retrieve()))
    expect(mint.count).toBe(1)
    expect(new Set(seen)).toEqual(new Set(['Bearer t1']))
  })

  it('is renewed ahead of its end, while the calls go on with the old one', async () => {
    const mint = counting((nth) => ({ token: `t${nth}`, expiresIn: 600 }))
    const { flowstate, seen, clock } = page(mint.getToken)
    await flowstate.stats.retrieve()
    clock.advance(569_000)
    await flowstate.stats.retrieve()
    clock.advance(2_000)
    await flowstate.stats.retrieve()
    await flowstate.stats.retrieve()
    expect(seen).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t1', 'Bearer t2'])
    expect(mint.count).toBe(2)
  })

  it('lives on when the renewal fails, and is asked for again', async () => {
    const mint = counting((nth) => {
      if (nth === 2) throw new Error('502')
      return { token: `t${nth}`, expiresIn: 600 }
    })
    const { flowstate, seen, clock } = page(mint.getToken)
    await flowstate.stats.retrieve()
    clock.advance(580_000)
    await flowstate.stats.retrieve()
    await flowstate.stats.retrieve()
    await flowstate.stats.retrieve()
    expect(seen).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t1', 'Bearer t3'])
  })

  it.each([-2, 2])('is not confused by a wall clock that is %d hours wrong', async (hours) => {
    const server = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: server + hours * 3_600_000 })
    const answers = [
      () => ({ token: 't', expiresIn: 600, expiresAt: new Date(server + 600_000).toISOString() }),
      () => ({ token: 't', expiresAt: new Date(server + 600_000).toISOString() }),
      () => jwt({ iat: server / 1_000, exp: server / 1_000 + 600 }),
    ]
    for (const answer of answers) {
      const mint = counting(answer)
      const { flowstate, clock } = page(mint.getToken)
      await flowstate.stats.retrieve()
      clock.advance(500_000)
      await flowstate.stats.retrieve()
      expect(mint.count).toBe(1)
    }
  })

  it('is renewed by what the token says of itself, when nothing else does', async () => {
    const mint = counting(() => jwt({ iat: 1_000, exp: 1_600 }))
    const { flowstate, clock } = page(mint.getToken)
    await flowstate.stats.retrieve()
    clock.advance(601_000)
    await flowstate.stats.retrieve()
    expect(mint.count).toBe(2)
  })

  it('is measured by the server\'s Date when only an instant is given', async () => {
    const serverNow = Date.parse('2001-02-03T04:05:06Z')
    const mint = counting((nth) => ({ token: `t${nth}`, expiresAt: serverNow + 100_000 }))
    const headers = { date: new Date(serverNow).toUTCString() }
    await using server = await scriptedServer((_, nth) => (nth === 0 ? { ...problem(401, 'token_expired'), headers } : { json: {}, headers }))
    const clock = new FakeClock()
    const flowstate = new Flowstate({ baseUrl: server.url, getToken: mint.getToken, clock })
    await flowstate.stats.retrieve()
    clock.advance(70_000)
    await flowstate.stats.retrieve()
    expect(mint.count).toBe(2)
    clock.advance(31_000)
    await flowstate.stats.retrieve()
    expect(mint.count).toBe(3)
  })
})

describe('minting', () => {
  it('happens again, once, when the server says that the token is over', async () => {
    const mint = counting((nth) => ({ token: `t${nth}`, expiresIn: 600 }))
    await using server = await scriptedServer(({ headers }) => (headers.authorization === 'Bearer t1' ? problem(401, 'token_expired') : { json: { ok: true } }))
    const flowstate = new Flowstate({ baseUrl: server.url, getToken: mint.getToken })
    await Promise.all([flowstate.stats.retrieve(), flowstate.stats.retrieve(), flowstate.stats.retrieve()])
    expect(mint.count).toBe(2)
  })

  it('stops after one more token is refused', async () => {
    const mint = counting((nth) => `t${nth}`)
    await using server = await scriptedServer(() => problem(401, 'unauthenticated'))
    const flowstate = new Flowstate({ baseUrl: server.url, getToken: mint.getToken })
    await expect(flowstate.stats.retrieve()).rejects.toBeInstanceOf(UnauthenticatedError)
    expect(mint.count).toBe(2)
    expect(server.heard).toHaveLength(2)
  })

  it('that fails is a typed error with its cause, and the next call asks again', async () => {
    const cause = new Error('The session is over.')
    const mint = counting((nth) => {
      if (nth === 1) throw cause
      return 't2'
    })
    const { flowstate, seen } = page(mint.getToken)
    const error = await flowstate.stats.retrieve().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TokenError)
    expect(error).toBeInstanceOf(UnauthenticatedError)
    expect(error).toMatchObject({ code: 'token_mint_failed', cause })
    await flowstate.stats.retrieve()
    expect(seen).toEqual(['Bearer t2'])
  })

  it('that answers no token is told as that', async () => {
    const { flowstate } = page((() => ({ error: 'forbidden' })) as unknown as GetToken)
    await expect(flowstate.stats.retrieve()).rejects.toThrow('getToken must answer a token')
  })

  it('that never answers ends at the timeout', async () => {
    const { flowstate, clock } = page(() => new Promise(() => undefined))
    const call = expect(flowstate.stats.retrieve()).rejects.toBeInstanceOf(TokenError)
    await clock.reach((ms) => ms === 30_000)
    await call
  })

  it('goes on for the others when one caller leaves, and ends when all have', async () => {
    let finish: (token: string) => void = () => undefined
    let asked: AbortSignal | undefined
    const { flowstate } = page(({ signal }) => {
      asked = signal
      return new Promise((resolve) => { finish = resolve })
    })
    const [leaving, staying, last] = [new AbortController(), new AbortController(), new AbortController()]
    const left = expect(flowstate.stats.retrieve({ signal: leaving.signal })).rejects.toThrow('left')
    const stayed = flowstate.stats.retrieve({ signal: staying.signal })
    await vi.waitFor(() => expect(asked).toBeDefined())
    leaving.abort(new Error('left'))
    await left
    expect((asked as AbortSignal | undefined)?.aborted).toBe(false)
    finish('t1')
    await stayed

    asked = undefined
    const { flowstate: lonely } = page(({ signal }) => {
      asked = signal
      return new Promise(() => undefined)
    })
    const alone = expect(lonely.stats.retrieve({ signal: last.signal })).rejects.toThrow('gone')
    await vi.waitFor(() => expect(asked).toBeDefined())
    last.abort(new Error('gone'))
    await alone
    expect((asked as AbortSignal | undefined)?.aborted).toBe(true)
  })
})
