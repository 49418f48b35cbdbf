import { ConfigError, type Env, readEnv, UnsafeConfig } from '../env.ts'
import { type Finding, ok, unknown, warning, wrong } from './finding.ts'

type Given = Record<string, string | undefined>
/** `broken` are the names that were taken out: what stands on them is not looked at. */
export interface Settings { findings: Finding[]; env: Env | null; broken: string[] }

const MOST_PROBLEMS = 40

/** Every setting that cannot stand, and not the first alone: each is taken out, and the rest is read again. */
export const readSettings = (given: Given, data: string | undefined): Settings => {
  const findings: Finding[] = []
  const broken: string[] = []
  let rest = { ...given }
  let flags: Parameters<typeof readEnv>[1] = { data }
  for (let count = 0; count < MOST_PROBLEMS; count++) {
    try {
      const env = readEnv(rest, flags)
      if (findings.length > 0) return { findings, env, broken }
      const set = SETTINGS.filter((name) => given[name] !== undefined)
      return { findings: [ok('settings', set.length === 0 ? 'None is set in the environment: everything is as it is by default.' : `Each can stand: ${set.join(', ')}.`)], env, broken }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      const [says = '', ...lines] = error.message.split('\n')
      if (error instanceof UnsafeConfig) {
        findings.push(wrong('settings', `${says} ${lines.slice(0, -1).map((line) => line.trim()).join(' ')}`.trim(), `Set them, and start the server again; ${lines.at(-1) ?? ''}`))
        rest = without(rest, ['NODE_ENV', 'HOST'])
        flags = { data, host: '127.0.0.1' }
        continue
      }
      findings.push(wrong('settings', says, 'Correct it, or unset it; the server does not start before that.'))
      // The sentence begins with the name; of those that belong together it names all.
      const named = (says.match(/\b[A-Z][A-Z_]+\b/g) ?? []).filter((name) => Object.hasOwn(rest, name))
      const bad = says.includes('belong together') ? named : named.slice(0, 1)
      if (bad.length === 0) break
      broken.push(...bad)
      rest = without(rest, bad)
    }
  }
  return { findings: [...findings, unknown('settings', 'The rest cannot be read before this is mended.')], env: null, broken }
}

const without = (given: Given, names: readonly string[]): Given => Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)))

const SETTINGS = ['PORT', 'HOST', 'PUBLIC_URL', 'BASE_PATH', 'DATA_DIR', 'DATABASE_URL', 'STORAGE_URL', 'FLOWSTATE_SECRET', 'ALLOWED_ORIGINS', 'TRUST_PROXY', 'PARTYKIT_HOST', 'PARTYKIT_SECRET', 'SMTP_URL', 'OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'LEASE_MS', 'HEARTBEAT_MS', 'SWEEP_MS', 'BODY_LIMIT', 'LOG_LEVEL', 'NODE_ENV']
const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Settings that can stand each, and not together. */
export const contradictions = ({ options: { publicUrl, basePath = '/', allowedOrigins = [], trustProxy = 0 }, exposed }: Env, given: Given): Finding[] => {
  const found: Finding[] = []
  const url = publicUrl ? new URL(publicUrl) : null
  const mounted = `/${basePath.replaceAll(/^\/+|\/+$/g, '')}`
  const named = url === null ? null : `/${url.pathname.replaceAll(/^\/+|\/+$/g, '')}`
  if (named !== null && named !== mounted) found.push(wrong('addresses', `PUBLIC_URL says that people reach it at ${named}, and BASE_PATH that it serves at ${mounted}: links in mails lead nowhere.`, `Set BASE_PATH=${named}, or take the path out of PUBLIC_URL.`))
  if (url?.protocol === 'http:' && !LOOPBACK.test(url.hostname)) found.push(warning('addresses', 'PUBLIC_URL is plain http: sign-in cookies are kept by browsers for https alone, and anybody on the way reads along.', 'Put a proxy with a certificate in front of it, and set PUBLIC_URL=https://…'))
  const secure = allowedOrigins.filter((origin) => origin.startsWith('https:'))
  if (url?.protocol === 'http:' && !LOOPBACK.test(url.hostname) && secure.length > 0) found.push(wrong('addresses', `Pages of ${secure.join(', ')} are https and PUBLIC_URL is not: browsers load nothing from there (mixed content).`, 'Set PUBLIC_URL=https://…'))
  if (url && allowedOrigins.includes(url.origin)) found.push(warning('addresses', `ALLOWED_ORIGINS names ${url.origin}, which is the server itself; its own pages need no leave.`, 'Take it out of ALLOWED_ORIGINS.'))
  if (url?.protocol === 'https:' && trustProxy === 0) found.push(warning('addresses', 'PUBLIC_URL is https, so that a proxy stands in front; with TRUST_PROXY=0 all who come through it count as one place, and one who guesses passwords locks out everybody.', 'Set TRUST_PROXY to the number of your own proxies in front of it; most have TRUST_PROXY=1.'))
  if (trustProxy > 0 && url === null) found.push(warning('addresses', `TRUST_PROXY=${trustProxy} believes X-Forwarded-For, and no PUBLIC_URL says that a proxy stands in front: whoever reaches the server directly names a place of his own at each try.`, 'Set PUBLIC_URL, or TRUST_PROXY=0.'))
  if (given.REDIS_URL !== undefined) found.push(warning('addresses', 'REDIS_URL is set, and nothing of this version uses Redis: limits are kept in PostgreSQL where that is the database, else in memory.', 'Unset it.'))
  if (found.length > 0) return found
  return [ok('addresses', url === null ? `No PUBLIC_URL: it answers at whatever address of ${exposed ? 'its host' : 'this machine'} it is asked.` : `${url.href.replace(/\/$/, '')} for people; ${allowedOrigins.length === 0 ? 'no other origin' : allowedOrigins.join(', ')} for pages.`)]
}
