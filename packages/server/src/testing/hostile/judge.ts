import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Documented, OpenApi, Schema } from './document.ts'
import type { RawAnswer } from './raw-http.ts'
import type { HostileRequest } from './requests.ts'

const PROBLEM = 'application/problem+json'
/** What a range of all types stands for is a file's own, and no shape of ours. */
const ANY_TYPE = '*/*'
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/

/** Holds answers to the document: says what is wrong with one, or null. */
export const createJudge = ({ components }: OpenApi) => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  const compiled = new Map<Schema, ValidateFunction>()
  const faultsOf = (schema: Schema, value: unknown): string | null => {
    const validate = compiled.get(schema) ?? ajv.compile({ ...schema, components })
    compiled.set(schema, validate)
    return validate(value) ? null : ajv.errorsText(validate.errors?.slice(0, 3))
  }
  const problem: Schema = { $ref: '#/components/schemas/Problem' }

  return ({ operation, broken, bytes }: Pick<HostileRequest, 'operation' | 'broken' | 'bytes'>, answer: RawAnswer | null): string | null => {
    if (!answer) return broken ? null : 'hung up without a word'
    const { status, headers, body, whole } = answer
    if (status >= 500) return `answered ${status}`
    // HEAD tells a length and sends nothing of it.
    const head = bytes.subarray(0, 5).toString() === 'HEAD '
    if (!head && !whole && headers['content-length'] !== undefined) return 'the answer is cut'
    if (headers['x-injected'] !== undefined || headers['set-cookie'] !== undefined) return 'a header of the request\'s making'
    if (head) return body === '' ? null : 'HEAD with a body'
    const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? ''
    if (status >= 400) return problemFault(answer, type)
    return operation ? documentedFault(operation, answer, type) : null
  }

  function problemFault({ status, headers, body }: RawAnswer, type: string): string | null {
    if (type !== PROBLEM) return `${status} as ${type || 'nothing'}`
    const parsed = parse(body) as { status?: unknown; requestId?: unknown } | undefined
    if (parsed === undefined) return `${status}: not JSON`
    if (parsed.status !== status) return `${status} says that it is ${String(parsed.status)}`
    if (headers['x-request-id'] !== parsed.requestId) return `${status}: another request id in its header`
    return faultsOf(problem, parsed)
  }

  function documentedFault({ answers }: Documented, { status, body }: RawAnswer, type: string): string | null {
    const documented = answers[status] ?? answers[`${String(status)[0]}XX`]
    if (!documented) return `${status} is not documented`
    const [declared] = Object.entries(documented)
    if (!declared) return body === '' ? null : `${status} has a body that is not documented`
    if (Object.hasOwn(documented, ANY_TYPE) && type !== '') return null
    if (!Object.hasOwn(documented, type)) return `${status} as ${type || 'nothing'}, not as ${declared[0]}`
    if (!JSON_TYPE.test(type)) return null
    const parsed = parse(body)
    return parsed === undefined ? 'not JSON' : faultsOf(declared[1], parsed)
  }
}

const parse = (text: string): unknown => {
  try { return JSON.parse(text) as unknown } catch { return undefined }
}
