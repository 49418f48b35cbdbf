import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { requireWholeWorkspace } from '../http/authorize.ts'
import { type AppEnv, bind } from '../http/route.ts'
import type { StatsService } from './stats.service.ts'

export const statsRoutes = ({ stats }: { stats: StatsService }): Hono<AppEnv> =>
  bind(new Hono<AppEnv>(), operations.stats.retrieve, async ({ caller }) => {
    requireWholeWorkspace(caller)
    return { value: await stats.retrieve(caller.workspaceId) }
  })
