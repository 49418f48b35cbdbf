import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { deriveSecrets } from '../secrets.ts'

/** How somebody would forge an embed token, from one that is good: by name, the token and the code with which it is refused. */
export interface ForgedToken { name: string; token: string; code?: 'token_expired' }

type Json = Record<string, unknown>
const encoded = (value: string | Buffer | Json): string => Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString('base64url')
const without = (of: Json, name: string): Json => Object.fromEntries(Object.entries(of).filter(([key]) => key !== name))
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** The order of Ed25519's group, little-endian: a signature whose second half is that much more verifies where it is not checked (RFC 8032, 5.1.7). */
const ORDER = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex')

export const forgedTokens = (good: string, secret: string, { now, otherWorkspace, strangerKey = generateKeyPairSync('ed25519').privateKey }: { now: number; otherWorkspace: string; strangerKey?: KeyObject }): ForgedToken[] => {
  const { signing: { privateKey, publicKey } } = deriveSecrets(secret)
  const [head = '', body = '', signature = ''] = good.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Json
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Json
  const seconds = Math.floor(now / 1_000)

  const signed = (of: Json, says: Json, key: KeyObject = privateKey): string => {
    const text = `${encoded(of)}.${encoded(says)}`
    return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`
  }
  const hmac = (key: string | Buffer): string => {
    const text = `${encoded({ ...header, alg: 'HS256' })}.${body}`
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
  }
  const unsigned = (alg: string, tail = ''): string => `${encoded({ ...header, alg })}.${body}.${tail}`
  const says = (name: string, more: Json): ForgedToken => ({ name, token: signed(header, { ...claims, ...more }) })
  const heads = (name: string, more: Json): ForgedToken => ({ name, token: signed({ ...header, ...more }, claims) })
  const resaid = (name: string, more: Json): ForgedToken => ({ name, token: `${head}.${encoded({ ...claims, ...more })}.${signature}` })
  const flipped = (part: number, at: number): string => good.split('.').map((text, index) => {
    if (index !== part) return text
    const bytes = Buffer.from(text, 'base64url')
    bytes[at < 0 ? bytes.length + at : at] = (bytes.at(at) ?? 0) ^ 1
    return bytes.toString('base64url')
  }).join('.')
  const malleable = (): string => {
    const bytes = Buffer.from(signature, 'base64url')
    for (let index = 0, carry = 0; index < ORDER.length; index++) {
      const sum = (bytes[32 + index] ?? 0) + (ORDER[index] ?? 0) + carry
      bytes[32 + index] = sum & 0xff
      carry = sum >> 8
    }
    return `${head}.${body}.${bytes.toString('base64url')}`
  }

  return [
    { name: 'alg none', token: unsigned('none') }, { name: 'alg nOnE', token: unsigned('nOnE') }, { name: 'alg none with the good signature', token: unsigned('none', signature) },
    { name: 'no alg', token: signed(without(header, 'alg'), claims) }, { name: 'alg Ed448', token: signed({ ...header, alg: 'Ed448' }, claims) },
    { name: 'HS256 with the public key as PEM', token: hmac(publicKey.export({ type: 'spki', format: 'pem' })) },
    { name: 'HS256 with the public key as DER', token: hmac(publicKey.export({ type: 'spki', format: 'der' })) },
    { name: 'HS256 with the public key\'s bytes', token: hmac(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)) },
    { name: 'HS256 with no secret', token: hmac('') },
    { name: 'another key under our kid', token: signed(header, claims, strangerKey) },
    { name: 'another key under a kid of its own', token: signed({ ...header, kid: 'stranger' }, claims, strangerKey) },
    { name: 'another key that the header brings along', token: signed({ ...header, jwk: strangerKey.export({ format: 'jwk' }) }, claims, strangerKey) },
    heads('an unknown kid', { kid: 'unknown' }), { name: 'no kid', token: signed(without(header, 'kid'), claims) }, heads('a kid that is a path', { kid: '../../dev/null' }),
    heads('typ JWT', { typ: 'JWT' }), heads('typ at+jwt', { typ: 'at+jwt' }), heads('typ of a sign-in', { typ: 'flowstate-session+jwt' }), heads('typ with a prefix', { typ: 'application/flowstate-embed+jwt' }), heads('typ in capitals', { typ: 'FLOWSTATE-EMBED+JWT' }),
    { name: 'no typ', token: signed(without(header, 'typ'), claims) }, heads('an extension that must be understood', { crit: ['evil'], evil: true }),
    says('another iss', { iss: 'https://evil.example' }), says('another aud', { aud: 'flowstate-sign-in' }), says('an aud of several', { aud: ['flowstate-embed', 'other'] }), says('an aud of one in a list', { aud: ['flowstate-embed'] }),
    ...['iss', 'aud', 'sub', 'ws', 'sid', 'key', 'scopes', 'records', 'origins', 'iat', 'nbf', 'exp', 'jti'].map((claim) => ({ name: `no ${claim}`, token: signed(header, without(claims, claim)) })),
    { ...says('exp in the past', { iat: seconds - 700, nbf: seconds - 700, exp: seconds - 100 }), code: 'token_expired' }, { ...says('exp this second', { exp: seconds }), code: 'token_expired' },
    says('exp beyond fifteen minutes of iat', { exp: seconds + 901, iat: seconds }), says('exp in a hundred years', { exp: seconds + 3_155_760_000 }), says('exp beyond what a date holds', { exp: 1e300 }),
    says('exp as text', { exp: String(seconds + 300) }), says('exp null', { exp: null }), { ...says('iat long ago', { iat: seconds - 1_000, nbf: seconds - 1_000, exp: seconds + 60 }), code: 'token_expired' },
    says('nbf to come', { nbf: seconds + 60 }), says('iat to come', { iat: seconds + 60, exp: seconds + 660 }), says('iat as text', { iat: String(seconds) }),
    says('another workspace', { ws: otherWorkspace }), says('a workspace that is none', { ws: 'wsp_none' }), says('a session that is none', { sid: 'ses_none' }), says('scopes as text', { scopes: 'admin' }), says('ws as a list', { ws: [claims.ws, otherWorkspace] }),
    resaid('wider scopes under the old signature', { scopes: ['crm:read', 'crm:write', 'admin'] }), resaid('another person under the old signature', { sub: 'somebody else' }), resaid('no limit under the old signature', { records: null }), resaid('more origins under the old signature', { origins: null }), resaid('a later exp under the old signature', { exp: seconds + 800 }),
    { name: 'a bit flipped in the header', token: flipped(0, 3) }, { name: 'a bit flipped in the claims', token: flipped(1, 20) }, { name: 'a bit flipped in the signature', token: flipped(2, 0) }, { name: 'the last bit flipped in the signature', token: flipped(2, -1) }, { name: 'a last letter that decodes to the same', token: `${good.slice(0, -1)}${LETTERS[LETTERS.indexOf(good.at(-1) ?? '') + 1]}` },
    { name: 'a signature grown by the group\'s order', token: malleable() }, { name: 'half a signature', token: `${head}.${body}.${signature.slice(0, 43)}` }, { name: 'an empty signature', token: `${head}.${body}.` }, { name: 'two parts', token: `${head}.${body}` }, { name: 'four parts', token: `${good}.${signature}` },
    { name: 'a signature with padding', token: `${good}==` }, { name: 'claims that are no JSON', token: `${head}.${encoded('not json')}.${signature}` }, { name: 'claims that are a list', token: signed(header, [] as unknown as Json) }, { name: 'three dots', token: '...' }, { name: 'three words', token: 'a.b.c' },
  ]
}
