import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Row } from './shapes.ts'

export const answer = (response: ServerResponse, status: number, value: unknown) => {
  const body = JSON.stringify(value)
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

export const read = async (request: IncomingMessage): Promise<Row> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as Row
}

/** A place at random: a bare server has no order to keep. */
export const anywhere = (): string => `a${Math.random().toString(36).slice(2, 8)}V`
