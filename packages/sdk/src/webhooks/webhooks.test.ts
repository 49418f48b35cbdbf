import { Webhook as Library } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { Flowstate, WebhookVerificationError } from '../index.ts'

/** The example of the Standard Webhooks specification's reference libraries. */
const VECTOR = { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}', signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' }
const at = () => VECTOR.timestamp * 1_000
const headers = { 'webhook-id': VECTOR.id, 'webhook-timestamp': String(VECTOR.timestamp), 'webhook-signature': VECTOR.signature }
const OTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const refusal = (work: Promise<unknown>) => work.then(() => 'accepted', (error: unknown) => (error instanceof WebhookVerificationError ? error.code : error))

describe('a receiver', () => {
  it('takes the specification\'s example, whatever holds its headers and body', async () => {
    for (const body of [VECTOR.body, new TextEncoder().encode(VECTOR.body), Buffer.from(VECTOR.body)]) {
      for (const given of [headers, new Headers(headers), { 'Webhook-Id': [VECTOR.id], 'Webhook-Timestamp': String(VECTOR.timestamp), 'Webhook-Signature': VECTOR.signature }]) {
        expect(await Flowstate.webhooks.verify(body, given, VECTOR.secret, { now: at })).toEqual({ test: 2432232314 })
      }
    }
    expect(await Flowstate.webhooks.sign(VECTOR.body, VECTOR.secret, { id: VECTOR.id, now: at })).toEqual(headers)
  })

  it('agrees with the reference library in both directions', async () => {
    const body = JSON.stringify({ type: 'deals.updated', timestamp: '2026-01-01T00:00:00.000Z', data: { name: 'Ünïcödé 🦊' } })
    const now = new Date()
    const signature = new Library(OTHER).sign('msg_1', now, body)
    const theirs = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)), 'webhook-signature': signature }
    expect(await Flowstate.webhooks.verify(body, theirs, OTHER)).toEqual(JSON.parse(body))
    const ours = await Flowstate.webhooks.sign(body, OTHER)
    expect(new Library(OTHER).verify(body, { ...ours })).toEqual(JSON.parse(body))
  })

  it('takes either secret while one replaces the other, on either side', async () => {
    const body = '{}'
    const both = await Flowstate.webhooks.sign(body, [VECTOR.secret, OTHER])
    expect(await refusal(Flowstate.webhooks.verify(body, { ...both }, VECTOR.secret))).toBe('accepted')
    expect(await refusal(Flowstate.webhooks.verify(body, { ...both }, OTHER))).toBe('accepted')
    const one = await Flowstate.webhooks.sign(body, OTHER)
    expect(await refusal(Flowstate.webhooks.verify(body, { ...one }, [VECTOR.secret, OTHER]))).toBe('accepted')
  })

  it.each<[string, string, (given: typeof headers) => { headers?: Record<string, string>; body?: string; secret?: string | string[]; seconds?: number }]>([
    ['a changed body', 'webhook_signature', () => ({ body: '{"test": 2432232315}' })],
    ['another\'s secret', 'webhook_signature', () => ({ secret: OTHER })],
    ['another id', 'webhook_signature', (given) => ({ headers: { ...given, 'webhook-id': 'msg_2' } })],
    ['another time', 'webhook_signature', (given) => ({ headers: { ...given, 'webhook-timestamp': String(VECTOR.timestamp + 1) } })],
    ['a signature cut short', 'webhook_signature', (given) => ({ headers: { ...given, 'webhook-signature': given['webhook-signature'].slice(0, -8) } })],
    ['a signature of another kind', 'webhook_signature', (given) => ({ headers: { ...given, 'webhook-signature': given['webhook-signature'].replace('v1', 'v2') } })],
    ['what is no signature', 'webhook_signature', (given) => ({ headers: { ...given, 'webhook-signature': 'v1,*** v1 ,' } })],
    ['a message that is too old', 'webhook_expired', () => ({ seconds: 301 })],
    ['a message from the future', 'webhook_expired', () => ({ seconds: -301 })],
    ['a time that is none', 'webhook_headers', (given) => ({ headers: { ...given, 'webhook-timestamp': 'now' } })],
    ['no headers', 'webhook_headers', () => ({ headers: {} })],
    ['a secret that is none', 'webhook_secret', () => ({ secret: 'whsec_***' })],
    ['an empty secret', 'webhook_secret', () => ({ secret: '' })],
    ['no secrets', 'webhook_secret', () => ({ secret: [] })],
  ])('refuses %s', async (_, code, change) => {
    const { headers: given = headers, body = VECTOR.body, secret = VECTOR.secret, seconds = 0 } = change(headers)
    expect(await refusal(Flowstate.webhooks.verify(body, given, secret, { now: () => at() + seconds * 1_000 }))).toBe(code)
  })

  it('refuses what is signed but no JSON, and takes five minutes either way', async () => {
    expect(await refusal(Flowstate.webhooks.verify('<p>', { ...await Flowstate.webhooks.sign('<p>', OTHER) }, OTHER))).toBe('webhook_body')
    for (const seconds of [300, -300]) expect(await refusal(Flowstate.webhooks.verify(VECTOR.body, headers, VECTOR.secret, { now: () => at() + seconds * 1_000 }))).toBe('accepted')
  })
})
