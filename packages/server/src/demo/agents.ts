import { Flowstate } from '@flowstate-ai/sdk'
import type { Deal, Interaction } from '@flowstate-ai/sdk/contract'

interface DemoAgentsOptions { url: string; key: string; signal: AbortSignal }

const FEED_EVERY_MS = 6_000
const MOST_WAITING = 6
const STEP_MS = 900
/** A stopped agent gives back what it cannot finish by then. */
const GRACE_MS = 200

/**
 * The demo's agents: clients like anybody's, over HTTP, with work that is small but real. They read a customer's history and write
 * what they found; a feeder gives them tasks as a team would. Sometimes one fails, honestly, and is tried again.
 */
export const runDemoAgents = async ({ url, key, signal }: DemoAgentsOptions): Promise<void> => {
  const flowstate = new Flowstate({ baseUrl: url, key })
  const agents = [
    { name: 'Researcher', kinds: ['research-company'], description: 'Gathers what is known of a company.', handler: research },
    { name: 'Follow-up planner', kinds: ['plan-follow-up'], description: 'Reads the last conversation and notes what was promised.', handler: planFollowUp },
    { name: 'Deal analyst', kinds: ['analyse-deal'], description: 'Weighs a deal by its history.', handler: analyse },
  ]
  await Promise.all([
    feed(flowstate, agents.flatMap(({ kinds }) => kinds), signal),
    ...agents.map(({ handler, ...agent }) => flowstate.agent(agent).work((task) => handler(flowstate, task as unknown as DemoTask), { signal, graceMs: GRACE_MS })),
  ])
}

interface DemoTask { payload: unknown; attempts: number; signal: AbortSignal; progress(fraction: number, message?: string): Promise<void> }

/** Gives the agents something to do about a deal, never more than they can take. */
const feed = async (flowstate: Flowstate, kinds: string[], signal: AbortSignal): Promise<void> => {
  let turn = 0
  while (!signal.aborted) {
    try {
      const waiting = await flowstate.tasks.list({ state: 'queued', limit: 50 })
      if (waiting.items.length < MOST_WAITING) {
        const { items } = await flowstate.deals.list({ status: 'open', sort: '-updatedAt', limit: 100 })
        const deal = items[(turn * 7) % Math.max(1, items.length)]
        const kind = kinds[turn % kinds.length]
        if (deal && kind) await flowstate.tasks.create({ kind, payload: { dealId: deal.id }, maxAttempts: 3 })
        if (turn % 10 === 0) await flowstate.actions.generate({ limit: 50 })
        turn++
      }
    } catch {
      // The server is away; it is asked again.
    }
    await pause(FEED_EVERY_MS, signal)
  }
}

const dealOf = (flowstate: Flowstate, { payload }: DemoTask): Promise<Deal> => flowstate.deals.retrieve((payload as { dealId: string }).dealId)

const research = async (flowstate: Flowstate, task: DemoTask) => {
  const deal = await dealOf(flowstate, task)
  await task.progress(0.15, `Reading ${deal.title}`)
  const company = deal.companyId ? await flowstate.companies.retrieve(deal.companyId) : null
  const people = company ? (await flowstate.customers.list({ companyId: company.id, limit: 50 })).items : []
  for (let index = 0; index < people.length; index++) {
    await pause(STEP_MS, task.signal)
    await task.progress(0.2 + (0.6 * (index + 1)) / people.length, `${people[index]?.name} at ${company?.name}`)
  }
  await pause(STEP_MS, task.signal)
  if (task.attempts === 1 && deal.id.charCodeAt(deal.id.length - 1) % 9 === 0) throw new Error(`The register did not answer for ${company?.name ?? deal.title}.`)
  return { company: company?.name ?? null, people: people.length }
}

const planFollowUp = async (flowstate: Flowstate, task: DemoTask) => {
  const deal = await dealOf(flowstate, task)
  const { items } = await flowstate.interactions.list({ dealId: deal.id, limit: 20 })
  for (let index = 0; index < Math.max(3, items.length); index++) {
    await pause(STEP_MS, task.signal)
    await task.progress((index + 1) / (Math.max(3, items.length) + 1), items[index] ? `Reading “${items[index]?.subject}”` : 'Looking for what was promised')
  }
  const last = items.find(({ kind }) => kind !== 'note')
  if (!last) return { note: null }
  const note = await flowstate.interactions.create({ kind: 'note', dealId: deal.id, subject: 'Follow-up', body: `Last contact: ${last.kind} on ${last.occurredAt.slice(0, 10)}, “${last.subject}”. ${waits(last)}` })
  return { note: note.id }
}
const waits = ({ direction }: Interaction): string => (direction === 'inbound' ? 'It was theirs, and waits for an answer.' : 'It was ours; ask again if nothing comes.')

const analyse = async (flowstate: Flowstate, task: DemoTask) => {
  const deal = await dealOf(flowstate, task)
  const { items } = await flowstate.interactions.list({ dealId: deal.id, limit: 100 })
  const kinds = ['call', 'email', 'meeting', 'message', 'note'] as const
  for (const [index, kind] of kinds.entries()) {
    await pause(STEP_MS * 1.5, task.signal)
    await task.progress((index + 1) / (kinds.length + 1), `${items.filter((item) => item.kind === kind).length} × ${kind}`)
  }
  const inbound = items.filter(({ direction }) => direction === 'inbound').length
  const score = Math.round((100 * (inbound + 1)) / (items.length + 2))
  await flowstate.deals.update(deal.id, { customFields: { engagement: score } })
  return { engagement: score, interactions: items.length }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => new Promise((resolve) => {
  const timer = setTimeout(done, ms)
  function done() {
    clearTimeout(timer)
    signal.removeEventListener('abort', done)
    resolve()
  }
  if (signal.aborted) done()
  else signal.addEventListener('abort', done)
})
