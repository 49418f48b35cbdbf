import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type AppEnv, bind } from '../http/route.ts'
import type { ErasureService } from './erasure.service.ts'

export const erasureRoutes = (erasure: ErasureService): Hono<AppEnv> =>
  bind(new Hono<AppEnv>(), operations.customers.erase, async ({ caller, params: { id = '' }, body }) => ({ stored: await erasure.erase(caller, id, body.confirm) }))
