import { createHash, randomBytes } from 'node:crypto'
import type { Admission, Channel, Ticket } from '@flowstate-ai/sdk/contract'
import { and, eq, gt } from 'drizzle-orm'
import { type Clock, instant } from '../clock.ts'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { System } from '../db/system.ts'
import { isOver } from '../embeds/over.ts'
import { type Caller, endingOf } from '../http/caller.ts'
import { hasEnded } from '../keys/ended.ts'
import { settled } from '../ledger/settled.ts'

const TICKET_MS = 30_000

/** What a ticket was given for, and ends with. Absent where the server itself asked. */
type StandsOn = { key: string } | { session: string } | { signIn: string }

/** One-use tickets that carry a token's rights to the socket, whose address would leak the token itself. Hashed at rest. */
export const createTickets = ({ reader, tables: { tickets }, ledger }: Database, system: Pick<System, 'keyById' | 'sessionById' | 'signInStands'>, clock: Clock) => ({
  async issue(caller: Caller): Promise<Ticket> {
    const { workspaceId, scopes, records, expiresAt } = caller
    const ticket = randomBytes(32).toString('base64url')
    const channels: Channel[] = scopes.has('agents:read') && !records ? ['status', 'changes'] : ['changes']
    const admission: Admission = { workspaceId, principal: endingOf(caller), channels, limited: records !== null, expiresAt }
    settled(await ledger.run({
      workspaceId,
      statements: [statementOf(reader.insert(tickets).values({ hash: hashOf(ticket), workspaceId, admission: { ...admission, standsOn: standsOn(caller) }, expiresAt: instant(clock() + TICKET_MS) }))],
    }))
    return { ticket, expiresIn: TICKET_MS / 1_000, workspaceId, path: `parties/main/${workspaceId}` }
  },

  /** What a ticket admits to; null when it is unknown, used or over, or what it was given for is. Using it is deleting it, so that it cannot be used twice. */
  async redeem(ticket: string): Promise<Admission | null> {
    const rows = settled(await ledger.run({
      workspaceId: null,
      statements: [statementOf(reader.delete(tickets).where(and(eq(tickets.hash, hashOf(ticket)), gt(tickets.expiresAt, instant(clock())))).returning({ admission: tickets.admission }))],
    }))
    const [row] = rows[0] ?? []
    if (!row) return null
    const { standsOn: on, ...admission } = (typeof row.admission === 'string' ? JSON.parse(row.admission) : row.admission) as Admission & { standsOn?: StandsOn }
    return on === undefined || await stands(on, admission.workspaceId) ? admission : null

    async function stands(of: StandsOn, workspaceId: string): Promise<boolean> {
      const at = instant(clock())
      if ('signIn' in of) return system.signInStands(of.signIn, workspaceId, at)
      if ('key' in of) {
        const key = await system.keyById(of.key)
        return key !== null && !hasEnded(key, at)
      }
      const session = await system.sessionById(workspaceId, of.session)
      return session !== null && !isOver(session, at)
    }
  },
})
export type Tickets = ReturnType<typeof createTickets>

const standsOn = (caller: Caller): StandsOn | undefined => {
  switch (caller.kind) {
    case 'key': return { key: caller.actor.id }
    case 'agent': return { key: caller.keyId }
    case 'embed': return { session: caller.sessionId }
    case 'person': return caller.sessionId === null ? { signIn: caller.signIn } : { session: caller.sessionId }
    case 'system': return undefined
  }
}

const hashOf = (ticket: string): string => createHash('sha256').update(ticket).digest('base64url')
