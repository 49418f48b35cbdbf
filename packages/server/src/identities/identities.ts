import { AppError } from '../errors.ts'
// What loads better-auth is loaded when somebody signs in: it is a third of all that a server would load.
import type { Auth, AuthDeps } from './auth.ts'
import { SESSION_COOKIE } from './cookie.ts'
import { PASSWORD_LENGTH } from './password-length.ts'
import type { Keyring } from '../keyring/keyring.ts'
import { identitySecretsOf, resigned } from './secrets.ts'

/** Who is signed in; `signIn` is the one of their sign-ins that says so. */
export interface Person { id: string; signIn: string; email: string; name: string; emailVerified: boolean; twoFactor: boolean; expiresAt: string }
export interface NewIdentity { email: string; name: string; password: string; emailVerified: boolean }

/** What asks for nobody's page. */
const ANYWHERE = 'http://127.0.0.1'
const MOST_ORIGINS = 20
/** Going to the provider, and coming back. */
const AT_PROVIDER = /\/api\/v1\/auth\/(sign-in\/social$|callback\/)/

/** People as they sign in, kept by better-auth, which is loaded when somebody does. */
export const createIdentities = ({ keyring, ...deps }: Omit<AuthDeps, 'secrets'> & { keyring: Keyring }) => {
  const own = deps.publicUrl === null ? null : new URL(deps.publicUrl).origin
  const byOrigin = new Map<string, Promise<Auth>>()
  /**
   * For the server's public origin; without one, for whichever of its own it was asked at. The provider is asked what it offers before anything
   * else can be: what has nothing to do with it does not wait for that.
   */
  const auth = (asked: string = ANYWHERE, atProvider = false): Promise<Auth> => {
    const origin = own ?? asked
    const slot = `${keyring.current().identitiesVersion}\n${keyring.all().length}\n${origin}${atProvider ? ' at the provider' : ''}`
    const known = byOrigin.get(slot)
    if (known) return known
    if (byOrigin.size >= MOST_ORIGINS) byOrigin.clear()
    const made = import('./auth.ts').then(({ createAuth }) => createAuth({ ...deps, ...(atProvider ? {} : { oidc: null }), secrets: identitySecretsOf(keyring) }, origin))
    byOrigin.set(slot, made)
    return made
  }

  return {
    /** Everything below `/api/v1/auth`. */
    async handle(request: Request): Promise<Response> {
      const { origin, pathname } = new URL(request.url)
      const { handler } = await auth(origin, deps.oidc !== null && AT_PROVIDER.test(pathname))
      const cookies = request.headers.get('cookie')
      const asked = cookies === null ? cookies : resigned(cookies, keyring)
      if (asked === null || asked === cookies) return handler(request)
      const headers = new Headers(request.headers)
      headers.set('cookie', asked)
      return handler(new Request(request, { headers }))
    },

    /** Whose session a cookie is; null: nobody's, or it is over. */
    async personOf(cookie: string): Promise<Person | null> {
      const found = await (await auth()).api.getSession({ headers: new Headers({ cookie: resigned(`${SESSION_COOKIE}=${cookie}`, keyring) }), query: { disableCookieCache: true, disableRefresh: true } })
      if (!found) return null
      const { user, session } = found
      return { id: user.id, signIn: session.id, email: user.email, name: user.name, emailVerified: user.emailVerified, twoFactor: user.twoFactorEnabled === true, expiresAt: new Date(session.expiresAt).toISOString() }
    },

    /** Sends the link that confirms an address, to that address. */
    async confirm(email: string): Promise<void> {
      await (await auth()).api.sendVerificationEmail({ body: { email } })
    },

    async byEmail(email: string): Promise<{ id: string; emailVerified: boolean } | null> {
      const { internalAdapter } = await (await auth()).$context
      return (await internalAdapter.findUserByEmail(email.toLowerCase()))?.user ?? null
    },

    /** Makes somebody who can sign in. `emailVerified` is for what came by mail alone, or from the machine's owner: an address that is not is nobody's yet, and lets into no workspace by itself. */
    async create({ email, name, password, emailVerified }: NewIdentity): Promise<{ id: string }> {
      if (password.length < PASSWORD_LENGTH.min || password.length > PASSWORD_LENGTH.max) throw new AppError('validation_failed', `A password has ${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters.`, { errors: [{ pointer: '/password', code: 'too_small', detail: `has ${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters` }] })
      const { internalAdapter, password: passwords } = await (await auth()).$context
      const user = await internalAdapter.createUser({ email: email.toLowerCase(), name, emailVerified }, { method: 'email-password' })
      await internalAdapter.linkAccount({ userId: user.id, providerId: 'credential', accountId: user.id, password: await passwords.hash(password) })
      return { id: user.id }
    },
  }
}
export type Identities = ReturnType<typeof createIdentities>
