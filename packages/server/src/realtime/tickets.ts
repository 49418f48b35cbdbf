import { createHash, randomBytes } from 'node:crypto'
import type { Admission, Channel, Ticket } from '@flowstate-ai/sdk/contract'
import { and, eq, gt } from 'drizzle-orm'
import { type Clock, instant } from '../clock.ts'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { type Caller, endingOf } from '../http/caller.ts'
import { settled } from '../ledger/settled.ts'

const TICKET_MS = 30_000

/** One-use tickets that carry a token's rights to the socket, whose address would leak the token itself. Hashed at rest. */
export const createTickets = ({ reader, tables: { tickets }, ledger }: Database, clock: Clock) => ({
  async issue(caller: Caller): Promise<Ticket> {
    const { workspaceId, scopes, records, expiresAt } = caller
    const ticket = randomBytes(32).toString('base64url')
    const channels: Channel[] = scopes.has('agents:read') && !records ? ['status', 'changes'] : ['changes']
    const admission: Admission = { workspaceId, principal: endingOf(caller), channels, limited: records !== null, expiresAt }
    settled(await ledger.run({
      workspaceId,
      statements: [statementOf(reader.insert(tickets).values({ hash: hashOf(ticket), workspaceId, admission, expiresAt: instant(clock() + TICKET_MS) }))],
    }))
    return { ticket, expiresIn: TICKET_MS / 1_000, workspaceId, path: `parties/main/${workspaceId}` }
  },

  /** What a ticket admits to; null when it is unknown, used or over. Using it is deleting it, so that it cannot be used twice. */
  async redeem(ticket: string): Promise<Admission | null> {
    const rows = settled(await ledger.run({
      workspaceId: null,
      statements: [statementOf(reader.delete(tickets).where(and(eq(tickets.hash, hashOf(ticket)), gt(tickets.expiresAt, instant(clock())))).returning({ admission: tickets.admission }))],
    }))
    const [row] = rows[0] ?? []
    if (!row) return null
    return (typeof row.admission === 'string' ? JSON.parse(row.admission) : row.admission) as Admission
  },
})
export type Tickets = ReturnType<typeof createTickets>

const hashOf = (ticket: string): string => createHash('sha256').update(ticket).digest('base64url')
