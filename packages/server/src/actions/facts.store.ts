import { and, desc, eq, gte, inArray, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import type { Facts } from './engine/facts.ts'

const DAY_MS = 86_400_000
const WINDOW_DAYS = 7
const CONTACT_KINDS = ['call', 'email', 'meeting', 'message']

/** Gathers what the rules know, a few set-based reads for all deals together. */
export const createFactsStore = ({ reader, tables: { deals, stages, customers, interactions, actions } }: Database) => ({
  /** Of live open deals, the most valuable first; of one deal or customer when that is asked. */
  async gather(workspaceId: string, now: number, { dealId, customerId, limit }: { dealId?: string | undefined; customerId?: string | undefined; limit: number }): Promise<Facts[]> {
    const rows = await reader
      .select({
        id: deals.id, title: deals.title, valueAmount: deals.valueAmount, currency: deals.valueCurrency, expectedCloseDate: deals.expectedCloseDate, updatedAt: deals.updatedAt,
        customerId: deals.customerId, stage: stages.name, probability: stages.probability, kind: stages.kind, customerName: customers.name, phone: customers.phone, email: customers.email,
      })
      .from(deals)
      .innerJoin(stages, and(eq(stages.workspaceId, deals.workspaceId), eq(stages.id, deals.stageId)))
      .leftJoin(customers, and(eq(customers.workspaceId, deals.workspaceId), eq(customers.id, deals.customerId), isNull(customers.archivedAt)))
      .where(and(eq(deals.workspaceId, workspaceId), isNull(deals.archivedAt), dealId ? eq(deals.id, dealId) : eq(deals.status, 'open'), customerId ? eq(deals.customerId, customerId) : undefined))
      .orderBy(sql`${deals.valueAmount} is null`, desc(deals.valueAmount), deals.id).limit(limit)
    if (rows.length === 0) return []

    const customerIds = [...new Set(rows.flatMap((row) => (row.customerId ? [row.customerId] : [])))]
    const dealIds = rows.map(({ id }) => id)
    const contacts = inArray(interactions.kind, CONTACT_KINDS)
    const since = new Date(now - WINDOW_DAYS * DAY_MS).toISOString()
    const last = { at: sql<string>`max(${interactions.occurredAt})`, inboundAt: sql<string | null>`max(case when ${interactions.direction} = 'inbound' then ${interactions.occurredAt} end)`, outboundAt: sql<string | null>`max(case when ${interactions.direction} = 'outbound' then ${interactions.occurredAt} end)`, touches: sql<number>`sum(case when ${interactions.direction} = 'outbound' and ${interactions.occurredAt} >= ${since} then 1 else 0 end)` }
    const live = and(eq(interactions.workspaceId, workspaceId), isNull(interactions.archivedAt), contacts)
    const byCustomer = customerIds.length === 0 ? [] : await reader.select({ id: interactions.customerId, ...last }).from(interactions).where(and(live, inArray(interactions.customerId, customerIds))).groupBy(interactions.customerId)
    const byDeal = await reader.select({ id: interactions.dealId, ...last }).from(interactions).where(and(live, inArray(interactions.dealId, dealIds))).groupBy(interactions.dealId)
    const decided = await reader
      .select({ id: actions.subjectId, dismissedAt: sql<string | null>`max(case when ${actions.state} = 'dismissed' then ${actions.decidedAt} end)`, accepted: sql<number>`sum(case when ${actions.state} in ('accepted', 'done') and ${actions.decidedAt} >= ${since} then 1 else 0 end)` })
      .from(actions).where(and(eq(actions.workspaceId, workspaceId), inArray(actions.subjectId, dealIds), isNotNull(actions.decidedAt), gte(actions.decidedAt, new Date(now - 90 * DAY_MS).toISOString()))).groupBy(actions.subjectId)

    const daysSince = (at: string | null | undefined) => (at ? Math.max(0, roundDays((now - Date.parse(at)) / DAY_MS)) : null)
    return rows.map((row): Facts => {
      const contact = latest(byDeal.find(({ id }) => id === row.id), byCustomer.find(({ id }) => id === row.customerId))
      const decision = decided.find(({ id }) => id === row.id)
      return {
        subjectId: row.id, title: row.title, stage: row.stage, stageProbability: row.probability, isOpen: row.kind === 'open', valueAmount: row.valueAmount, currency: row.currency,
        customerName: row.customerName, hasPhone: row.phone !== null, hasEmail: row.email !== null,
        daysSinceContact: daysSince(contact.at), awaitsAnswer: contact.inboundAt !== null && (contact.outboundAt === null || contact.inboundAt > contact.outboundAt),
        daysToClose: row.expectedCloseDate ? roundDays((Date.parse(row.expectedCloseDate) + DAY_MS - now) / DAY_MS) : null,
        daysSinceChange: daysSince(row.updatedAt) ?? 0, touchesInWindow: contact.touches + Number(decision?.accepted ?? 0), daysSinceDismissal: daysSince(decision?.dismissedAt),
        hour: new Date(now).getUTCHours(),
      }
    })
  },
})
export type FactsStore = ReturnType<typeof createFactsStore>

interface Contact { at: string | null; inboundAt: string | null; outboundAt: string | null; touches: number }
const latest = (...contacts: ({ at: string; inboundAt: string | null; outboundAt: string | null; touches: number } | undefined)[]): Contact => {
  const found = contacts.flatMap((contact) => (contact ? [contact] : []))
  const most = (of: (contact: { at: string; inboundAt: string | null; outboundAt: string | null }) => string | null) => found.map(of).filter((at) => at !== null).map((at) => new Date(at).toISOString()).sort().at(-1) ?? null
  // What is logged on the deal usually stands in the customer's timeline too: the larger count, not the sum.
  return { at: most(({ at }) => at), inboundAt: most(({ inboundAt }) => inboundAt), outboundAt: most(({ outboundAt }) => outboundAt), touches: Math.max(0, ...found.map(({ touches }) => Number(touches))) }
}
const roundDays = (days: number): number => Math.round(days * 100) / 100
