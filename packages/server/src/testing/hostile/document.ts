/** The parts of an OpenAPI document that requests are made from and answers judged by. */
export type Schema = Record<string, unknown>
export interface Parameter { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: Schema }
export interface Documented {
  id: string
  method: string
  path: string
  parameters: Parameter[]
  body: { type: string; schema: Schema } | null
  /** By status, or by its first digit as in `4XX`. */
  answers: Record<string, Record<string, Schema>>
}
export interface OpenApi { paths: Record<string, Record<string, RawOperation>>; components: { schemas: Record<string, Schema>; responses: Record<string, RawResponse> } }
interface RawOperation { operationId: string; parameters?: Parameter[]; requestBody?: { content: Record<string, { schema: Schema }> }; responses: Record<string, RawResponse> }
interface RawResponse { $ref?: string; content?: Record<string, { schema: Schema }> }

export const operationsOf = ({ paths, components }: OpenApi): Documented[] => Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, raw]) => {
  const [content] = Object.entries(raw.requestBody?.content ?? {})
  return {
    id: raw.operationId, method: method.toUpperCase(), path, parameters: raw.parameters ?? [],
    body: content ? { type: content[0], schema: content[1].schema } : null,
    answers: Object.fromEntries(Object.entries(raw.responses).map(([status, response]) => {
      const { content: types = {} } = response.$ref ? (components.responses[response.$ref.split('/').at(-1) ?? ''] ?? {}) : response
      return [status, Object.fromEntries(Object.entries(types).map(([type, { schema }]) => [type, schema]))]
    })),
  }
}))
