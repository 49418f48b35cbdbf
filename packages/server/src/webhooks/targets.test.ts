import { describe, expect, it } from 'vitest'
import { createReceiver } from '../testing/receiver.ts'
import { send } from './send.ts'
import { isPublic, parseTarget, resolveTarget } from './targets.ts'

const INSIDE = [
  '127.0.0.1', '127.255.255.254', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '169.254.0.1', '100.64.0.1', '100.100.100.200',
  '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '192.0.0.192', '192.0.2.1', '198.18.0.1', '168.63.129.16',
  '::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '::ffff:127.0.0.1', '::ffff:169.254.169.254', '::ffff:8.8.8.8', '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '2002:7f00:1::', '2001:db8::1', '::127.0.0.1', 'localhost', '',
]
const OUTSIDE = ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111']

describe('addresses of targets', () => {
  it.each(INSIDE)('%s is not public', (address) => { expect(isPublic(address)).toBe(false) })
  it.each(OUTSIDE)('%s is public', (address) => { expect(isPublic(address)).toBe(true) })

  it.each([
    'http://example.com/', 'ftp://example.com/', 'file:///etc/passwd', 'example.com', '', 'https://', 'https://user:pass@example.com/', 'https://user@example.com/',
    'https://127.0.0.1/', 'https://2130706433/', 'https://0x7f.1/', 'https://0177.0.0.1/', 'https://127.1/', 'https://[::1]/', 'https://[::ffff:7f00:1]/', 'https://[::ffff:127.0.0.1]:8443/', 'https://169.254.169.254/latest/meta-data',
    'https://[fd00:ec2::254]/', 'https://localhost/', 'https://localhost./', 'https://api.localhost/', 'https://metadata.google.internal/', 'https://printer.local/', 'https://10.1.2.3:443/', 'https://１２７.０.０.１/',
  ])('%s is refused as it stands', (url) => { expect(() => parseTarget(url, false)).toThrow(/^must /) })
  it.each(['https://example.com/', 'https://example.com:8443/x?y=z', 'https://8.8.8.8/', 'https://[2606:4700:4700::1111]/hook'])('%s may be tried', (url) => { expect(parseTarget(url, false).href).toBe(url) })

  it('are refused where one of a name\'s leads inside, at whichever try', async () => {
    const url = new URL('https://hooks.example.com/')
    const answers = [['8.8.8.8'], ['8.8.8.8', '10.0.0.1'], ['::ffff:127.0.0.1'], ['127.0.0.1']]
    let asked = 0
    const resolve = async () => (answers[asked++] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    expect(await resolveTarget(url, { resolve, allowPrivate: false })).toEqual([{ address: '8.8.8.8', family: 4 }])
    for (let n = 0; n < 3; n++) await expect(resolveTarget(url, { resolve, allowPrivate: false })).rejects.toThrow('not public')
    expect(asked).toBe(4)
  })
})

describe('one try', () => {
  const never = new AbortController().signal
  const base = { headers: { 'content-type': 'application/json' }, body: '{}', timeoutMs: 2_000, signal: never }

  it('connects to no address but the one that was checked, though the name leads elsewhere a moment later', async () => {
    const [checked, other] = [await createReceiver(), await createReceiver()]
    let asked = 0
    const resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }]
    const sent = await send({ ...base, url: `http://rebinding.example.com:${checked.port}/`, allowPrivate: true, resolve })
    expect(sent.status).toBe(204)
    expect(asked).toBe(1)
    expect(checked.received[0]?.headers.host).toBe(`rebinding.example.com:${checked.port}`)
    expect(other.received).toEqual([])
    await Promise.all([checked.close(), other.close()])
  })

  it('opens no connection to the inside, by whatever way it is led there', async () => {
    const receiver = await createReceiver()
    for (const url of [`https://127.0.0.1:${receiver.port}/`, `http://127.0.0.1:${receiver.port}/`, `https://hooks.example.com:${receiver.port}/`]) {
      const { status, error } = await send({ ...base, url, allowPrivate: false, resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
      expect(status).toBeNull()
      expect(error).toMatch(/not public|must /)
    }
    expect(receiver.connections()).toBe(0)
    await receiver.close()
  })

  it('gives up on a name that is never resolved, and says so', async () => {
    const { error } = await send({ ...base, timeoutMs: 50, url: 'https://hooks.example.com/', allowPrivate: false, resolve: () => new Promise(() => undefined) })
    expect(error).toBe('no answer within 0.05 s')
  })
})
