import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type AppEnv, bind } from '../http/route.ts'
import type { AuditService } from './audit.service.ts'

export const auditRoutes = ({ audit }: { audit: AuditService }): Hono<AppEnv> =>
  bind(new Hono<AppEnv>(), operations.audit.list, async ({ caller, query }) => ({ value: await audit.list(caller, query), headers: { 'cache-control': 'no-store' } }))
