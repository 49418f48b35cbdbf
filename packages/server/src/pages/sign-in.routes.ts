import { Hono } from 'hono'
import { clientAddressOf } from '../http/client-address.ts'
import { isOwnOrigin } from '../http/origins.ts'
import type { AppEnv } from '../http/route.ts'
import { sessionCookieOf } from '../identities/cookie.ts'
import type { Services } from '../services.ts'
import { markup, page } from './shell.ts'

/** What the page is told by the server: what its address names, looked up. */
export interface SignInFacts {
  base: string
  /** The browser sent a session, which may be over. */
  session: boolean
  /** The OpenID provider at which people may sign in. */
  provider: string | null
  /** The page that opened it, and whether it may be handed a code. */
  page: { origin: string; allowed: boolean } | null
  /** Of the link of the first run; `over`: it is none, or was used. */
  setup: { slug: string; name: string }[] | 'over' | null
  invitation: { email: string; role: string; workspace: string; known: boolean } | 'over' | null
}

type Needs = Pick<Services, 'options' | 'limits' | 'setup' | 'invitations'>

/** `/sign-in`: where people sign in, choose a new password, accept an invitation, and own a new server; alone, or in the popup of a page. */
export const signInPageRoutes = ({ options, limits, setup, invitations }: Needs): Hono<AppEnv> => {
  const root = options.basePath === '/' ? '' : options.basePath
  return new Hono<AppEnv>().get('/sign-in', async (context) => {
    const { origin, setup: setupLink, invitation: invitationLink } = context.req.query()
    // Who tries links is slowed here as where they are used.
    if (setupLink !== undefined || invitationLink !== undefined) await limits.consume('exchange', clientAddressOf(context, options.trustProxy))
    const facts: SignInFacts = {
      base: root,
      session: sessionCookieOf(context.req.header('cookie') ?? null) !== null,
      provider: options.oidc ? new URL(options.oidc.issuer).hostname : null,
      page: origin === undefined ? null : { origin, allowed: options.allowedOrigins.includes(origin) || isOwnOrigin(origin, context.req.raw, options.publicUrl) },
      setup: setupLink === undefined ? null : ((await setup.asks(setupLink)) ?? 'over'),
      invitation: invitationLink === undefined ? null : ((await invitations.look(invitationLink)) ?? 'over'),
    }
    return page(options.basePath, { title: 'Sign in · Flowstate-AI', modules: ['pages/sign-in.js'], opened: facts.page !== null, body: markup`<flowstate-sign-in-page facts="${JSON.stringify(facts)}"></flowstate-sign-in-page>` })
  })
}
