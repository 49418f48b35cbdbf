import { request as httpRequest } from 'node:http'
import type { LookupFunction } from 'node:net'
import { request as httpsRequest } from 'node:https'
import type { DeliveryAttempt } from '@flowstate-ai/sdk/contract'
import { type Address, parseTarget, type Resolver, resolveTarget } from './targets.ts'

export interface Sending {
  url: string
  headers: Record<string, string>
  body: string
  /** Milliseconds for the whole try: name, connection, answer. */
  timeoutMs: number
  allowPrivate: boolean
  resolve: Resolver
  signal: AbortSignal
}
export type Sent = Omit<DeliveryAttempt, 'at'> & { askedMs: number | null }

const MOST_READ_BYTES = 65_536
const MOST_KEPT_CHARACTERS = 2_000
/** The status tells what became of a message; its words are waited for no longer than this. */
const WORDS_MS = 5_000
const SECOND_MS = 1_000

/** One try. Never throws but when `signal` aborts; follows no redirect; connects to none but the addresses that it has checked. */
export const send = async ({ url: text, headers, body, timeoutMs, allowPrivate, resolve, signal }: Sending): Promise<Sent> => {
  const began = performance.now()
  const ended = new AbortController()
  const timer = setTimeout(() => ended.abort(new Error(`no answer within ${timeoutMs / SECOND_MS} s`)), timeoutMs)
  const abort = () => ended.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const duration = () => Math.round(performance.now() - began)
  try {
    signal.throwIfAborted()
    const url = parseTarget(text, allowPrivate)
    const addresses = await Promise.race([resolveTarget(url, { resolve, allowPrivate }), rejection(ended.signal)])
    const { status, response, askedMs } = await exchange({ url, addresses, headers, body, signal: ended.signal })
    return { durationMs: duration(), status, error: null, response, askedMs }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const reason = ended.signal.aborted ? ended.signal.reason : error
    return { durationMs: duration(), status: null, error: (reason instanceof Error ? reason.message : String(reason)).slice(0, MOST_KEPT_CHARACTERS), response: null, askedMs: null }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    // Nothing is left open, whatever the receiver still sends.
    ended.abort()
  }
}

interface Exchange { url: URL; addresses: Address[]; headers: Record<string, string>; body: string; signal: AbortSignal }

const exchange = ({ url, addresses, headers, body, signal }: Exchange): Promise<{ status: number; response: string; askedMs: number | null }> => new Promise((resolve, reject) => {
  const lookup: LookupFunction = (_hostname, { all }, done) => {
    const [first] = addresses
    if (all) done(null, addresses)
    else done(null, first?.address ?? '', first?.family)
  }
  const bytes = Buffer.from(body)
  const request = (url.protocol === 'http:' ? httpRequest : httpsRequest)(url, { method: 'POST', agent: false, lookup, signal, headers: { ...headers, 'content-length': String(bytes.length), connection: 'close' } })
  request.on('error', reject)
  request.on('response', (answer) => {
    const parts: Buffer[] = []
    let read = 0
    const finish = () => {
      clearTimeout(patience)
      resolve({ status: answer.statusCode ?? 0, response: Buffer.concat(parts).toString('utf8').replaceAll('\u0000', '').slice(0, MOST_KEPT_CHARACTERS), askedMs: askedOf(answer.headers['retry-after']) })
      request.destroy()
    }
    const patience = setTimeout(finish, WORDS_MS)
    answer.on('data', (chunk: Buffer) => {
      parts.push(chunk.subarray(0, MOST_READ_BYTES - read))
      read += chunk.length
      if (read >= MOST_READ_BYTES) finish()
    })
    answer.on('end', finish)
    answer.on('error', finish)
  })
  request.end(bytes)
})

/** `Retry-After` in seconds or as a date. */
const askedOf = (header: string | undefined): number | null => {
  if (header === undefined) return null
  const wait = /^\d+$/.test(header) ? Number(header) * SECOND_MS : Date.parse(header) - Date.now()
  return Number.isFinite(wait) && wait > 0 ? wait : null
}

const rejection = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => {
  const refuse = () => reject(signal.reason)
  if (signal.aborted) refuse()
  else signal.addEventListener('abort', refuse, { once: true })
})
