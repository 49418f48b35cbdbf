import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type AppEnv, bind } from '../http/route.ts'
import type { SettingsService } from './settings.service.ts'

export const workspaceRoutes = ({ settings }: { settings: SettingsService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  bind(app, operations.workspaces.retrieve, async ({ caller }) => ({ value: await settings.retrieve(caller.workspaceId) }))
  bind(app, operations.workspaces.update, async ({ caller, body }) => ({ stored: await settings.update(caller, body) }))
  return app
}
