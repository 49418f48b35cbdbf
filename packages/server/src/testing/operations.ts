import type { TestServer } from './server.ts'

/** An operation as `/openapi.json` has it. */
export interface Documented { id: string; method: string; path: string; scope: string; media: string | null; status: number }

/** Every operation that a server documents. */
export const documentedOperations = async (test: Pick<TestServer, 'request' | 'base'>): Promise<Documented[]> => {
  const document = (await (await test.request(`${test.base}/openapi.json`)).json()) as { paths: Record<string, Record<string, { operationId: string; 'x-scope': string; requestBody?: { content: Record<string, unknown> }; responses: Record<string, unknown> }>> }
  return Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({
    id: operation.operationId, method: method.toUpperCase(), path, scope: operation['x-scope'], media: Object.keys(operation.requestBody?.content ?? {})[0] ?? null,
    status: Number(Object.keys(operation.responses).find((status) => status.startsWith('2'))),
  })))
}

export interface Answered { status: number; code: string | null; text: string; headers: Headers }

/** Asks for an operation, with one id wherever its path takes one and the emptiest body. */
export const askOperation = async (test: Pick<TestServer, 'request' | 'base'>, { method, path, media }: Documented, headers: HeadersInit, id: string): Promise<Answered> => {
  const asked = new Headers(headers)
  if (media !== null) asked.set('content-type', media)
  const answer = await test.request(`${test.base}/api/v1${path.replaceAll(/\{\w+\}/g, id)}`, { method, headers: asked, ...(method === 'GET' || media === null ? {} : { body: '{}' }) })
  return answered(answer)
}

export const answered = async (answer: Response): Promise<Answered> => {
  const text = await answer.text()
  const problem = answer.headers.get('content-type')?.startsWith('application/problem+json') ? (JSON.parse(text) as { code: string }) : null
  return { status: answer.status, code: problem?.code ?? null, text, headers: answer.headers }
}
