import { EXPORT_NOUNS, EXPORTS, listQuery, operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { z } from 'zod'
import type { ListQuery } from '../db/list.ts'
import { AppError, Invalid } from '../errors.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { validateQuery } from '../http/validate.ts'
import { type ExportsService, isExported } from './exports.service.ts'

/** What each noun's list may be asked for. */
const QUERIES = new Map<string, z.ZodType>(Object.entries(EXPORTS).map(([noun, { list }]) => [noun, listQuery(list)]))

export const exportRoutes = ({ exports }: { exports: ExportsService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  bind(app, operations.exports.stream, async ({ caller, params: { noun = '' }, query: { format, columns, bom, names, ...rest }, request }) => {
    if (request.method === 'HEAD') throw new AppError('method_not_allowed', 'An export answers GET alone: how long it will be is not known before it is made.')
    if (!isExported(noun)) throw new AppError('not_found', `There is no export of ${noun}; there is ${EXPORT_NOUNS.join(', ')}.`)
    const unfit = ['limit', 'cursor'].filter((name) => name in rest)
    if (unfit.length > 0) throw new Invalid(unfit.map((name) => ({ pointer: `?${name}`, code: 'unrecognized_keys', detail: 'is for lists; an export is whole' })))
    const given = Object.entries(rest).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    const list = validateQuery(QUERIES.get(noun), new URLSearchParams(given).toString()) as ListQuery
    const file = await exports.open(caller, noun, { format, columns, bom: bom === 'true', names: names === 'true', query: list }, request.signal)
    return {
      stream: file.stream, type: file.type,
      headers: { 'content-disposition': `attachment; filename="${file.name}"`, 'cache-control': 'private, no-store', vary: 'Authorization' },
    }
  })
  return app
}
