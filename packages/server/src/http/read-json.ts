import type { Context } from 'hono'
import { AppError } from '../errors.ts'
import type { AppEnv } from './route.ts'

const MAX_DEPTH = 64

/** The body as JSON, once the type and depth are found fit. An absent body reads as `{}`. */
export const readJson = async (context: Context<AppEnv>): Promise<unknown> => {
  const text = context.get('bodyText') ?? (await context.req.text())
  if (text === '') return {}
  const type = (context.req.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json' && type !== 'application/merge-patch+json') {
    throw new AppError('unsupported_media_type', `This route takes application/json, not ${type || 'a body without Content-Type'}.`)
  }
  if (tooDeep(text)) throw new AppError('bad_request', `The JSON is nested more than ${MAX_DEPTH} levels deep.`)
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new AppError('malformed_json', `The body is not JSON: ${error instanceof Error ? error.message.replaceAll(/\s+/g, ' ').slice(0, 200) : 'it cannot be parsed'}.`)
  }
}

/** Brackets inside strings may be counted too: an honest body never comes near the limit, and a hostile one is refused either way. */
const tooDeep = (text: string): boolean => {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x7b || code === 0x5b) { if (++depth > MAX_DEPTH * 4) return true } else if (code === 0x7d || code === 0x5d) depth--
  }
  return false
}
