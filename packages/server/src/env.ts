import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError } from './config-error.ts'
import { type SecretSource, secretFile } from './keyring/source.ts'
import type { FlowstateOptions } from './options.ts'

export { ConfigError } from './config-error.ts'
/** It would be open to strangers. */
export class UnsafeConfig extends ConfigError {}

/** What the environment asks for, checked. */
export interface Env {
  host: string
  port: number
  production: boolean
  /** In front of others than whoever sits at this machine. */
  exposed: boolean
  logLevel: string
  dataDir: string
  options: Omit<FlowstateOptions, 'secret' | 'log'>
  /** The instance's secrets, newest first: from `FLOWSTATE_SECRET`, or a file of mode 0600 in the data directory, made with a random one. */
  secret: SecretSource
  /** Those of `FLOWSTATE_SECRET`, where it is set. */
  givenSecret: readonly string[] | null
}


/** Names of ours; any other that begins with `FLOWSTATE_` is taken for a misspelling. */
const KNOWN = ['FLOWSTATE_SECRET', 'FLOWSTATE_MODEL', 'FLOWSTATE_ALLOW_PRIVATE_TARGETS']
const LOOPBACK = ['127.0.0.1', '::1', 'localhost']
const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** The only reader of the environment. Flags of the command line win over it. */
export const readEnv = (env: Record<string, string | undefined> = process.env, flags: { data?: string | undefined; port?: string | undefined; host?: string | undefined } = {}): Env => {
  for (const name of Object.keys(env)) if (name.startsWith('FLOWSTATE_') && !KNOWN.includes(name)) throw new ConfigError(`${name} is not a setting of Flowstate; did you mean one of ${KNOWN.join(', ')}? Unset it or correct its name.`)
  const dataDir = resolve(flags.data ?? env.DATA_DIR ?? './data')
  const host = flags.host ?? env.HOST ?? '127.0.0.1'
  const port = whole('PORT', flags.port ?? env.PORT, 4400, 0, 65_535)
  const production = env.NODE_ENV === 'production'
  const publicUrl = optional('PUBLIC_URL', env.PUBLIC_URL, (text) => isUrl(text, /^https?:$/), 'an address such as https://crm.example.com')
  const allowedOrigins = (env.ALLOWED_ORIGINS ?? '').split(',').map((origin) => origin.trim()).filter((origin) => origin !== '')
  for (const origin of allowedOrigins) if (!isOrigin(origin)) throw new ConfigError(`ALLOWED_ORIGINS takes exact origins such as https://app.example.com, separated by commas, not ${origin}.`)
  const databaseUrl = optional('DATABASE_URL', env.DATABASE_URL, (text) => /^(file:|postgres(ql)?:\/\/)/.test(text), 'file:… or postgres://…') ?? pathToFileURL(join(dataDir, 'flowstate.db')).href
  const logLevel = env.LOG_LEVEL ?? 'info'
  if (!LEVELS.includes(logLevel)) throw new ConfigError(`LOG_LEVEL takes one of ${LEVELS.join(', ')}, not ${logLevel}.`)
  if ((env.PARTYKIT_HOST === undefined) !== (env.PARTYKIT_SECRET === undefined)) throw new ConfigError('PARTYKIT_HOST and PARTYKIT_SECRET belong together: set both, or neither.')
  const smtpUrl = optional('SMTP_URL', env.SMTP_URL, (text) => isUrl(text, /^smtps?:$/), 'an address such as smtps://user:password@mail.example.com?from=crm@example.com')
  const oidcIssuer = optional('OIDC_ISSUER', env.OIDC_ISSUER, (text) => isUrl(text, /^https?:$/), 'the address of an OpenID provider such as https://login.example.com')
  if (new Set([env.OIDC_ISSUER, env.OIDC_CLIENT_ID, env.OIDC_CLIENT_SECRET].map((value) => value === undefined)).size > 1) throw new ConfigError('OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together: set all three, or none.')
  if (env.FLOWSTATE_ALLOW_PRIVATE_TARGETS !== undefined && !['0', '1'].includes(env.FLOWSTATE_ALLOW_PRIVATE_TARGETS)) throw new ConfigError(`FLOWSTATE_ALLOW_PRIVATE_TARGETS takes 0 or 1, not ${env.FLOWSTATE_ALLOW_PRIVATE_TARGETS}.`)
  const allowPrivateTargets = env.FLOWSTATE_ALLOW_PRIVATE_TARGETS === '1'
  if (allowPrivateTargets && production) throw new ConfigError('FLOWSTATE_ALLOW_PRIVATE_TARGETS lets webhooks reach into your network, and is for tests only: unset it, or NODE_ENV=production.')
  const givenSecret = env.FLOWSTATE_SECRET === undefined ? null : secretsIn(env.FLOWSTATE_SECRET)
  refuseUnsafe({ host, production, secret: givenSecret, publicUrl, allowedOrigins })

  const number = (name: string, low: number, high: number) => (env[name] === undefined ? undefined : whole(name, env[name], 0, low, high))
  const storageUrl = optional('STORAGE_URL', env.STORAGE_URL, (text) => isUrl(text, /^file:$/), 'an address that begins with file:, for other stores come later')
  return {
    host, port, production, exposed: production || !LOOPBACK.includes(host), logLevel, dataDir,
    options: {
      dataDir, databaseUrl, publicUrl, allowedOrigins, basePath: env.BASE_PATH ?? '/', allowPrivateTargets, production, trustProxy: whole('TRUST_PROXY', env.TRUST_PROXY, 0, 0, 10),
      ...(storageUrl === null ? {} : { storageUrl }),
      ...defined({ leaseMs: number('LEASE_MS', 1_000, 3_600_000), heartbeatMs: number('HEARTBEAT_MS', 100, 600_000), sweepMs: number('SWEEP_MS', 100, 600_000), bodyLimit: number('BODY_LIMIT', 1_024, 1_073_741_824) }),
      ...(smtpUrl === null ? {} : { smtpUrl }),
      ...(oidcIssuer !== null && env.OIDC_CLIENT_ID && env.OIDC_CLIENT_SECRET ? { oidc: { issuer: oidcIssuer, clientId: env.OIDC_CLIENT_ID, clientSecret: env.OIDC_CLIENT_SECRET } } : {}),
      ...(env.PARTYKIT_HOST && env.PARTYKIT_SECRET ? { party: { host: env.PARTYKIT_HOST, secret: env.PARTYKIT_SECRET } } : {}),
    },
    secret: givenSecret === null ? secretFile(dataDir) : { read: () => givenSecret },
    givenSecret,
  }
}

/** What makes an owner. */
export const OWNER_LINE = 'flowstate members add --email you@example.com --role owner --password-stdin < password.txt'

/** What may not be on in front of strangers; the message is the lines that mend it. */
const refuseUnsafe = ({ host, production, secret, publicUrl, allowedOrigins }: { host: string; production: boolean; secret: readonly string[] | null; publicUrl: string | null; allowedOrigins: string[] }) => {
  if (!production && LOOPBACK.includes(host)) return
  const missing = [
    secret === null ? 'FLOWSTATE_SECRET="$(openssl rand -base64 48)"' : null,
    publicUrl?.startsWith('https:') ? null : 'PUBLIC_URL=https://crm.example.com',
    allowedOrigins.length > 0 ? null : 'ALLOWED_ORIGINS=https://app.example.com',
  ].filter((line) => line !== null)
  if (missing.length === 0) return
  throw new UnsafeConfig(`${production ? 'With NODE_ENV=production' : `On ${host}`} these must be set, so that nothing is open by default:\n${missing.map((line) => `  ${line}`).join('\n')}\nand somebody must own it, once they are: ${OWNER_LINE}`)
}

const SECRET_LENGTH = 32
/** Several are separated by commas. A passphrase with commas between short words is one. */
const secretsIn = (text: string): readonly string[] => {
  const parts = text.split(',').map((part) => part.trim()).filter((part) => part !== '')
  const long = parts.filter(({ length }) => length >= SECRET_LENGTH)
  if (long.length === parts.length && long.length > 0) return long
  if (long.length === 0 && text.length >= SECRET_LENGTH) return [text]
  throw new ConfigError(`FLOWSTATE_SECRET needs at least ${SECRET_LENGTH} characters${long.length > 0 ? ', each of those that are separated by commas' : ''}. Make one: openssl rand -base64 48`)
}

const whole = (name: string, text: string | undefined, otherwise: number, low: number, high: number): number => {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= low && value <= high) return value
  throw new ConfigError(`${name} takes a whole number from ${low} to ${high}, not ${text}.`)
}
const optional = (name: string, text: string | undefined, fits: (text: string) => boolean, what: string): string | null => {
  if (text === undefined) return null
  if (fits(text)) return text
  throw new ConfigError(`${name} takes ${what}, not ${MAY_HOLD_SECRETS.includes(name) ? 'what it is set to' : text}.`)
}
/** Their values are told to nobody, malformed or not. */
const MAY_HOLD_SECRETS = ['DATABASE_URL', 'STORAGE_URL', 'SMTP_URL', 'OIDC_ISSUER', 'PUBLIC_URL']
const isUrl = (text: string, protocol: RegExp): boolean => {
  try { return protocol.test(new URL(text).protocol) } catch { return false }
}
const isOrigin = (text: string): boolean => isUrl(text, /^https?:$/) && new URL(text).origin === text
const defined = <Of extends object>(values: Of): { [Key in keyof Of]?: NonNullable<Of[Key]> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [Key in keyof Of]?: NonNullable<Of[Key]> }
