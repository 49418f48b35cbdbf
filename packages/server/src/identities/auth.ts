import { Member } from '@flowstate-ai/sdk/contract'
import { APIError } from 'better-auth/api'
import { betterAuth } from 'better-auth/minimal'
import { genericOAuth, twoFactor } from 'better-auth/plugins'
import type { Database } from '../db/database.ts'
import { unstorable } from '../http/storable.ts'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Mail } from '../mail/mail.ts'
import { identityAdapter } from './adapter.ts'
import type { SignOut } from './sign-outs.ts'
import { PASSWORD_LENGTH } from './password-length.ts'
import { COOKIE_PREFIX } from './cookie.ts'
import type { IdentitySecrets } from './secrets.ts'

export interface OidcOptions { issuer: string; clientId: string; clientSecret: string }
export interface AuthDeps {
  database: Database
  /** What cookies are signed with and second factors are sealed under. */
  secrets: IdentitySecrets
  /** Where the server is mounted: `/` or `/crm`. */
  basePath: string
  /** The address under which browsers reach it; null: whatever address they used. */
  publicUrl: string | null
  mail: Mail
  oidc: OidcOptions | null
  /** Whether somebody of this address is waited for: added as a member, or invited. */
  expects(email: string): Promise<boolean>
  log: Log
  /** Hears of everybody one of whose sign-ins has ended: by signing out, by another browser of theirs, by a new password. */
  ended(userId: string, how: SignOut): Promise<void>
}

const SESSION_SECONDS = 7 * 24 * 60 * 60
const SESSION_RENEWED_SECONDS = 24 * 60 * 60
const LINK_SECONDS = 60 * 60
const isName = (name: unknown): boolean => Member.shape.name.safeParse(name).success && unstorable(name).length === 0
const OIDC = 'oidc'

/**
 * better-auth, for identities alone: e-mail and password, sessions, verification and reset by mail, a second factor, an OpenID provider.
 * Nobody signs up by himself: who is let in is invited, or made by the command line; at the provider too, whose word for an address counts
 * where it says that the address was verified. Workspaces, members and roles are ours. For one origin, whose pages alone may use it.
 */
export const createAuth = ({ database, secrets, basePath, publicUrl, mail, oidc, expects, log, ended }: AuthDeps, origin: string) => {
  const root = basePath === '/' ? '' : basePath
  const linkTo = (path: string) => `${publicUrl?.replace(/\/$/, '') ?? `${origin}${root}`}${path}`
  return betterAuth({
    baseURL: origin,
    trustedOrigins: [origin],
    basePath: `${root}/api/v1/auth`,
    ...secrets,
    database: identityAdapter(database, ended),
    telemetry: { enabled: false },
    // Limits are the server's own, for all routes alike.
    rateLimit: { enabled: false },
    logger: { log: (level, message) => { if (level === 'error' || level === 'warn') log[level]({ identities: true }, message) } },
    emailAndPassword: {
      enabled: true, disableSignUp: true, minPasswordLength: PASSWORD_LENGTH.min, maxPasswordLength: PASSWORD_LENGTH.max, revokeSessionsOnPasswordReset: true, resetPasswordTokenExpiresIn: LINK_SECONDS,
      async sendResetPassword({ user, token }) {
        await mail.send({ to: user.email, subject: 'Choose a new password', text: `Somebody, you we hope, asked for a new password for ${user.email}.\n\nChoose one within an hour: ${linkTo(`/sign-in?reset=${encodeURIComponent(token)}`)}\n\nIf it was not you, do nothing: your password stays as it is.\n` })
      },
    },
    emailVerification: {
      expiresIn: LINK_SECONDS, autoSignInAfterVerification: false,
      async sendVerificationEmail({ user, token }) {
        await mail.send({ to: user.email, subject: 'Confirm your e-mail address', text: `Confirm that ${user.email} is yours, within an hour: ${linkTo(`/sign-in?verify=${encodeURIComponent(token)}`)}\n` })
      },
    },
    session: { expiresIn: SESSION_SECONDS, updateAge: SESSION_RENEWED_SECONDS },
    // No provider is trusted by its name: it speaks for the addresses that it says it has verified.
    account: { accountLinking: { enabled: true, trustedProviders: [] }, encryptOAuthTokens: true },
    databaseHooks: {
      user: {
        create: {
          /** Whoever comes by a request comes from the provider; who is made by the server itself comes by none. */
          async before(user, request) {
            if (!request) return
            if (!user.emailVerified) throw new APIError('FORBIDDEN', { code: 'email_not_verified' })
            if (!(await expects(user.email))) throw new APIError('FORBIDDEN', { code: 'not_invited' })
            return { data: { ...user, name: isName(user.name) ? user.name : user.email, image: null } }
          },
        },
        update: {
          /** A name stands in every change that somebody makes; a picture stands nowhere. */
          async before(user) {
            if (user.name !== undefined && !isName(user.name)) throw new APIError('BAD_REQUEST', { code: 'invalid_name', message: 'A name has 1 to 100 characters.' })
            return 'image' in user ? { data: { ...user, image: null } } : undefined
          },
        },
      },
    },
    onAPIError: { errorURL: linkTo('/sign-in') },
    advanced: {
      // Said, for better-auth leaves both out where it takes itself to be tested.
      disableOriginCheck: false, disableCSRFCheck: false,
      cookiePrefix: COOKIE_PREFIX, useSecureCookies: false, crossSubDomainCookies: { enabled: false },
      defaultCookieAttributes: { secure: true, httpOnly: true, sameSite: 'lax', path: '/' },
      database: { generateId: () => newId('users') },
    },
    plugins: [
      twoFactor({ issuer: 'Flowstate-AI' }),
      ...(oidc ? [genericOAuth({ config: [{ providerId: OIDC, discoveryUrl: `${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, clientId: oidc.clientId, clientSecret: oidc.clientSecret, scopes: ['openid', 'email', 'profile'], pkce: true, requireIdTokenVerification: true }] })] : []),
    ],
  })
}
export type Auth = ReturnType<typeof createAuth>
