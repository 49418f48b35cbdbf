import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type AppEnv, bind } from '../http/route.ts'
import type { SearchService } from './search.service.ts'

export const searchRoutes = ({ search }: { search: SearchService }): Hono<AppEnv> =>
  bind(new Hono<AppEnv>(), operations.search.query, async ({ caller, query }) => ({ value: await search.search(caller, query), headers: { 'cache-control': 'private, no-store' } }))
