import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { BODY_LIMIT_BYTES } from './http/limits.ts'
import { createRateLimits, type RateLimits } from './http/rate-limits.ts'
import type { OidcOptions } from './identities/auth.ts'
import type { SecretsGiven } from './keyring/source.ts'
import type { Log } from './log.ts'
import type { Mail } from './mail/mail.ts'
import type { DeliveryOptions } from './webhooks/webhooks.tasks.ts'

/** What `createFlowstate` is told; every field has a default but the secret. */
export interface FlowstateOptions {
  /** At least 32 random characters, from which everything secret is derived; of several the newest first, for a rotation. */
  secret: SecretsGiven
  /** `file:/path/flowstate.db` or `postgres://…`; default: `flowstate.db` in `dataDir`. */
  databaseUrl?: string
  /** Where the database and files lie; default `./data`. */
  dataDir?: string
  /** Where uploads and exports lie; default: `files` in `dataDir`. */
  storageUrl?: string
  /** Where the interface is mounted, such as `/crm`; default `/`. */
  basePath?: string
  /** The address under which browsers reach it, when that is not the address it listens on. */
  publicUrl?: string | null
  /** Pages of these exact origins may call it; default none but its own. */
  allowedOrigins?: readonly string[]
  /** Bytes of a JSON body; default 1 MB. */
  bodyLimit?: number
  /** How long a claimed task is leased; default 30 s. */
  leaseMs?: number
  /** How often an agent must be heard of; default 10 s. */
  heartbeatMs?: number
  /** How often expired leases are looked for; default 5 s. */
  sweepMs?: number
  /** Tasks that the in-process worker runs at a time; 0 switches it off. Default 4. */
  workerConcurrency?: number
  /** The room on PartyKit instead of in this process. */
  party?: { host: string; secret: string }
  /** Serves `/playground` and hands its page a token of this workspace. For development on loopback only. */
  playground?: { workspaceSlug: string } | null
  /** Webhooks may point to plain http and to private addresses. For tests on loopback only; `FLOWSTATE_ALLOW_PRIVATE_TARGETS=1`. */
  allowPrivateTargets?: boolean
  /** Where mail goes out: `smtps://user:password@mail.example.com?from=crm@example.com`; default: into the log. */
  smtpUrl?: string
  /** An OpenID provider at which people may sign in. */
  oidc?: OidcOptions
  /** Another way for mail to go out. */
  mail?: Mail
  /** Proxies of one's own in front of it, each of which appends to `X-Forwarded-For`; default 0. */
  trustProxy?: number
  /** How much whom it does not know well may do; for tests. */
  rateLimits?: RateLimits
  /** Refuses what is fine on one's own machine alone: a user of PostgreSQL whom row-level security does not hold. */
  production?: boolean
  /** How webhooks are delivered; for tests. */
  delivery?: DeliveryOptions
  clock?: Clock
  log?: Log
}
type Optional = 'party' | 'storageUrl' | 'smtpUrl' | 'oidc' | 'mail'
export type ResolvedOptions = Required<Omit<FlowstateOptions, Optional | 'log'>> & Pick<FlowstateOptions, Optional>

export const resolveOptions = (options: FlowstateOptions): ResolvedOptions => {
  const dataDir = options.dataDir ?? './data'
  const basePath = `/${(options.basePath ?? '/').replaceAll(/^\/+|\/+$/g, '')}`
  return {
    secret: options.secret,
    dataDir,
    databaseUrl: options.databaseUrl ?? `file:${dataDir}/flowstate.db`,
    basePath,
    publicUrl: options.publicUrl ?? null,
    allowedOrigins: options.allowedOrigins ?? [],
    bodyLimit: options.bodyLimit ?? BODY_LIMIT_BYTES,
    leaseMs: options.leaseMs ?? 30_000,
    heartbeatMs: options.heartbeatMs ?? 10_000,
    sweepMs: options.sweepMs ?? 5_000,
    workerConcurrency: options.workerConcurrency ?? 4,
    playground: options.playground ?? null,
    allowPrivateTargets: options.allowPrivateTargets ?? false,
    production: options.production ?? false,
    trustProxy: options.trustProxy ?? 0,
    rateLimits: options.rateLimits ?? createRateLimits(),
    delivery: options.delivery ?? {},
    clock: options.clock ?? systemClock,
    ...(options.party ? { party: options.party } : {}),
    ...(options.storageUrl ? { storageUrl: options.storageUrl } : {}),
    ...(options.smtpUrl ? { smtpUrl: options.smtpUrl } : {}),
    ...(options.oidc ? { oidc: options.oidc } : {}),
    ...(options.mail ? { mail: options.mail } : {}),
  }
}
