import { Hono } from 'hono'
import { type AppEnv, searchOf } from '../http/route.ts'
import { sessionCookieOf } from '../identities/cookie.ts'
import type { Services } from '../services.ts'
import { markup, page } from './shell.ts'

/**
 * `/admin`: the settings of a workspace, for whoever is signed in. The page itself holds nothing of anybody's; what it shows it asks for with the
 * session's cookie. Whose browser sends none is led to `/sign-in`; whether a session is over the page finds out by itself.
 */
export const adminPageRoutes = ({ options: { basePath } }: Pick<Services, 'options'>): Hono<AppEnv> => {
  const root = basePath === '/' ? '' : basePath
  return new Hono<AppEnv>().get('/admin', (context) => {
    const search = searchOf(context.req.url)
    if (sessionCookieOf(context.req.header('cookie') ?? null) === null) {
      return context.redirect(`${root}/sign-in?next=${encodeURIComponent(`${root}/admin${search === '' ? '' : `?${search}`}`)}`)
    }
    return page(basePath, { title: 'Settings · Flowstate-AI', modules: ['pages/admin.js'], body: markup`<flowstate-admin-page base="${root}"></flowstate-admin-page>` })
  })
}
