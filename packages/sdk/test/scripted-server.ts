import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export interface Heard { method: string; path: string; query: URLSearchParams; headers: IncomingMessage['headers']; body: string; request: IncomingMessage; response: ServerResponse }
export interface Reply { status?: number; headers?: Record<string, string>; json?: unknown; text?: string }
/** Answers the nth request (from 0); without an answer, the script has dealt with `response` itself. */
export type Script = (heard: Heard, nth: number) => Reply | void | Promise<Reply | void>

/** A real HTTP server that does what the test says, misbehaviour included. */
export interface ScriptedServer { url: string; heard: Heard[]; http: Server; [Symbol.asyncDispose]: () => Promise<void> }

export const scriptedServer = async (script: Script): Promise<ScriptedServer> => {
  const heard: Heard[] = []
  const http = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://scripted')
    const one: Heard = { method: request.method ?? '', path: url.pathname, query: url.searchParams, headers: request.headers, body: '', request, response }
    const nth = heard.push(one) - 1
    try {
      for await (const chunk of request) one.body += String(chunk)
    } catch {
      return
    }
    const reply = await script(one, nth)
    if (!reply) return
    response.writeHead(reply.status ?? 200, { 'content-type': reply.json === undefined ? 'text/plain' : 'application/json', ...reply.headers })
    response.end(reply.json === undefined ? reply.text ?? '' : JSON.stringify(reply.json))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    heard, http,
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
}

export const problem = (status: number, code: string, more: object = {}): Reply =>
  ({ status, json: { type: 'about:blank', title: code, status, detail: `It is ${code}.`, code, requestId: 'req_1', ...more }, headers: { 'content-type': 'application/problem+json' } })
