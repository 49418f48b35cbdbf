import { generateNKeysBetween } from 'fractional-indexing'
import { openDatabase } from '../../../packages/server/src/db/open.ts'
import { createSystem } from '../../../packages/server/src/db/system.ts'
import { newId } from '../../../packages/server/src/ids.ts'
import type { Change } from '../../../packages/server/src/ledger/ledger.ts'
import { settled } from '../../../packages/server/src/ledger/settled.ts'
import { createWorkspacesService } from '../../../packages/server/src/workspaces/workspaces.service.ts'

export interface Seeded { workspaceId: string; stages: string[]; customers: string[]; deals: string[] }
const PART = 500
const STAGES = 6

/** Fills a database through the ledger, as everything is. */
export const seed = async (url: string, sizes: { customers: number; deals: number; interactions: number }): Promise<Seeded> => {
  const database = await openDatabase({ url })
  const { id: workspaceId } = await createWorkspacesService(database, createSystem(database), Date.now).create('bench')
  const pipelineId = newId('pipelines')
  const places = generateNKeysBetween(null, null, STAGES)
  const stages = places.map((position, index): Change => ({ verb: 'create', noun: 'stages', id: newId('stages'), set: { pipelineId, name: `Stage ${index}`, kind: 'open', probability: 0.5, position } }))
  const customers = Array.from({ length: sizes.customers }, (_, index): Change => ({ verb: 'create', noun: 'customers', id: newId('customers'), set: { name: `Customer ${index}`, email: `c${index}@bench.example`, customFields: {} } }))
  const positions = generateNKeysBetween(null, null, sizes.deals)
  const deals = positions.map((position, index): Change => ({
    verb: 'create', noun: 'deals', id: newId('deals'),
    set: { pipelineId, stageId: stages[index % STAGES]?.id, position, status: 'open', title: `Deal ${index}`, customerId: customers[index % sizes.customers]?.id, value: { amount: index * 100, currency: 'EUR' }, expectedCloseDate: '2027-01-01', description: 'What was agreed so far, in a sentence or two.', customFields: { region: 'north' } },
  }))
  const interactions = Array.from({ length: sizes.interactions }, (_, index): Change => ({
    verb: 'create', noun: 'interactions', id: newId('interactions'),
    set: { kind: 'email', direction: 'inbound', subject: `Subject ${index}`, body: 'Thanks, this helps. Can you send me the paragraph from the contract before Thursday?', occurredAt: new Date(1.7e12 + index * 60_000).toISOString(), customerId: customers[index % sizes.customers]?.id, customFields: {} },
  }))
  const changes: Change[] = [{ verb: 'create', noun: 'pipelines', id: pipelineId, set: { name: 'Bench', currency: 'EUR' } }, ...stages, ...customers, ...deals, ...interactions]
  const id = newId('changesets')
  for (let start = 0; start < changes.length; start += PART) {
    settled(await database.ledger.commit({
      id, workspaceId, actor: { kind: 'system', id: 'system', name: 'Bench' }, source: { kind: 'demo', id: 'bench' }, at: new Date().toISOString(), changes: changes.slice(start, start + PART), part: { first: start === 0, last: start + PART >= changes.length },
    }))
  }
  await database.close()
  return { workspaceId, stages: stages.map((stage) => stage.id), customers: customers.map((customer) => customer.id), deals: deals.map((deal) => deal.id) }
}
