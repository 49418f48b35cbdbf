import { REDEEM_PATH, sameSecret } from '@flowstate-ai/party/admission'
import { Hono } from 'hono'
import { Forbidden } from '../errors.ts'
import type { AppEnv } from '../http/route.ts'
import type { Realtime } from './realtime.ts'

interface RedeemDeps { options: { party?: { secret: string } }; realtime: Realtime }

/** Where a room on PartyKit learns what a ticket admits to. Only such a room knows the secret; without one there is no such route. */
export const redeemRoutes = ({ options: { party }, realtime }: RedeemDeps): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  if (!party) return app
  return app.post(REDEEM_PATH, async (context) => {
    const given = context.req.header('authorization')?.replace(/^Bearer /, '') ?? ''
    if (!sameSecret(given, party.secret)) throw new Forbidden('Only the room may redeem tickets.')
    const { ticket } = (await context.req.json()) as { ticket?: unknown }
    return context.json(typeof ticket === 'string' ? await realtime.redeem(ticket) : null)
  })
}
