import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { actionRoutes } from './actions/actions.routes.ts'
import { agentRoutes } from './agents/agents.routes.ts'
import { auditRoutes } from './audit/audit.routes.ts'
import { aiRoutes } from './ai/ai.routes.ts'
import { dealRoutes } from './deals/deals.routes.ts'
import { duplicateRoutes } from './duplicates/duplicates.routes.ts'
import { embedRoutes, signInRoutes } from './embeds/embeds.routes.ts'
import { erasureRoutes } from './erasure/erasure.routes.ts'
import { exportRoutes } from './exports/exports.routes.ts'
import { fileRoutes } from './files/files.routes.ts'
import { authenticate, type CallerOf } from './http/authenticate.ts'
import { idempotency } from './http/idempotency.ts'
import { limitBody } from './http/limits.ts'
import { noRoute } from './http/no-route.ts'
import { cors } from './http/origins.ts'
import { renderError } from './http/render-error.ts'
import { requestId } from './http/request-id.ts'
import type { AppEnv } from './http/route.ts'
import { identityRoutes } from './identities/identities.routes.ts'
import { importRoutes } from './imports/imports.routes.ts'
import { acceptRoutes, invitationRoutes } from './invitations/invitations.routes.ts'
import { keyRoutes } from './keys/keys.routes.ts'
import { memberRoutes } from './members/members.routes.ts'
import { changeRoutes } from './ledger/ledger.routes.ts'
import { adminPageRoutes } from './pages/admin.routes.ts'
import { assetRoutes } from './pages/assets.routes.ts'
import { docsRoutes } from './pages/docs.routes.ts'
import { healthRoutes } from './pages/health.routes.ts'
import { playgroundRoutes } from './pages/playground.routes.ts'
import { sheetRoutes } from './pages/shell.ts'
import { recordRoutes } from './records/record.routes.ts'
import { reminderRoutes } from './reminders/reminders.routes.ts'
import { redeemRoutes } from './realtime/realtime.routes.ts'
import type { Realtime } from './realtime/realtime.ts'
import { searchRoutes } from './search/search.routes.ts'
import type { Services } from './services.ts'
import { statsRoutes } from './stats/stats.routes.ts'
import { taskRoutes } from './tasks/tasks.routes.ts'
import { webhookRoutes } from './webhooks/webhooks.routes.ts'
import { workspaceRoutes } from './workspaces/workspaces.routes.ts'

/** The whole interface, as a table of contents. */
export const createApp = (services: Services & { realtime: Realtime; callerOf: CallerOf }): Hono<AppEnv> => {
  const { options, records, system, clock } = services
  const app = new Hono<AppEnv>().basePath(options.basePath === '/' ? '' : options.basePath)
  app.use(requestId)
  app.onError(renderError(services.report))
  app.notFound(noRoute(`${options.basePath === '/' ? '' : options.basePath}/api/v1`))

  app.route('/', healthRoutes(services))
  app.route('/', docsRoutes(services))
  app.route('/', adminPageRoutes(services))
  app.route('/', assetRoutes())
  app.route('/', sheetRoutes())
  app.route('/', playgroundRoutes(services))
  app.route('/api/v1', redeemRoutes(services))
  app.route('/api/v1', identityRoutes(services))
  app.route('/api/v1', acceptRoutes(services))
  app.route('/api/v1', signInRoutes(services))
  app.route('/api/v1', new Hono<AppEnv>()
    .use(cors(options.allowedOrigins, options.publicUrl))
    .use(limitBody(options.bodyLimit, `${options.basePath === '/' ? '' : options.basePath}/api/v1`))
    .use(authenticate(services.callerOf))
    .use(idempotency(system, clock))
    .route('/', dealRoutes(services.deals, records))
    .route('/', recordRoutes(operations.companies, services.companies, records))
    .route('/', erasureRoutes(services.erasure))
    .route('/', recordRoutes(operations.customers, services.customers, records))
    .route('/', recordRoutes(operations.pipelines, services.pipelines, records))
    .route('/', recordRoutes(operations.stages, services.stages, records))
    .route('/', recordRoutes(operations.interactions, services.interactions, records))
    .route('/', recordRoutes(operations.fields, services.fields, records))
    .route('/', recordRoutes(operations.tags, services.tags, records))
    .route('/', recordRoutes(operations.views, services.views, records))
    .route('/', reminderRoutes(services.reminders, records))
    .route('/', workspaceRoutes(services))
    .route('/', fileRoutes(services))
    .route('/', memberRoutes(services))
    .route('/', invitationRoutes(services))
    .route('/', auditRoutes(services))
    .route('/', searchRoutes(services))
    .route('/', changeRoutes(services))
    .route('/', taskRoutes(services))
    .route('/', agentRoutes(services))
    .route('/', actionRoutes(services))
    .route('/', aiRoutes(services))
    .route('/', statsRoutes(services))
    .route('/', importRoutes(services))
    .route('/', duplicateRoutes(services))
    .route('/', exportRoutes(services))
    .route('/', webhookRoutes(services))
    .route('/', keyRoutes(services.keys))
    .route('/', embedRoutes(services)))
  return app
}
