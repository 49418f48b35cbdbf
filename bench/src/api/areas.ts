import type { LoadRequest } from './load.ts'
import type { Seeded } from './seed.ts'

export interface Area { what: string; goal: string; requests: LoadRequest[]; writes?: boolean }

/** What is asked of the servers: hundreds of different addresses each, by turns. */
export const areasOf = ({ secret, stages, customers, deals }: Seeded): Area[] => {
  const headers = { authorization: `Bearer ${secret}` }
  const get = (path: string): LoadRequest => ({ method: 'GET', path: `/api/v1${path}`, headers })
  const post = (path: string, body: object): LoadRequest => ({ method: 'POST', path: `/api/v1${path}`, headers, body: JSON.stringify(body) })
  return [
    { what: 'list 50 of a stage', goal: '≥ 0.95', requests: stages.map((stage) => get(`/deals?stageId=${stage}&sort=position&limit=50`)) },
    { what: 'timeline of 50', goal: '≥ 0.95', requests: customers.map((customer) => get(`/interactions?customerId=${customer}&sort=-occurredAt&limit=50`)) },
    { what: 'timeline of 10', goal: '', requests: customers.map((customer) => get(`/interactions?customerId=${customer}&sort=-occurredAt&limit=10`)) },
    { what: 'get one', goal: '≥ 0.8', requests: deals.map((deal) => get(`/deals/${deal}`)) },
    { what: 'create an interaction', goal: '≥ 1.5', writes: true, requests: customers.map((customerId) => post('/interactions', { kind: 'call', subject: 'Called back', body: 'Talked about the offer.', customerId })) },
    { what: 'move a deal', goal: '≥ 1.5', writes: true, requests: deals.map((deal, index) => post(`/deals/${deal}/move`, { stageId: stages[index % stages.length] })) },
  ]
}

/** What no bare server stands beside: asked of ours alone, small and large. */
export const furtherAreasOf = ({ secret, stages, companies, owners, customers, deals, tags }: Seeded): Area[] => {
  const headers = { authorization: `Bearer ${secret}` }
  const get = (path: string): LoadRequest => ({ method: 'GET', path: `/api/v1${path}`, headers })
  return [
    { what: 'history of a deal', goal: '≤ 1.3', requests: deals.map((deal) => get(`/deals/${deal}/history`)) },
    { what: 'history of a customer', goal: '≤ 1.3', requests: customers.map((customer) => get(`/customers/${customer}/history`)) },
    { what: 'a page of the feed', goal: '≤ 1.3', requests: deals.map((_, index) => get(`/changes?since=${50_000 + index}&limit=50`)) },
    { what: 'list by an indexed custom field', goal: '≤ 1.3', requests: deals.map((_, index) => get(`/deals?customFields.score=${index}&limit=20`)) },
    { what: 'newest deals', goal: '≤ 1.3', requests: stages.map((_, index) => get(`/deals?limit=${50 - index}`)) },
    { what: 'a stage by value', goal: '≤ 1.3', requests: stages.map((stage) => get(`/deals?stageId=${stage}&sort=-value&limit=50`)) },
    { what: 'a stage by expected close', goal: '≤ 1.3', requests: stages.map((stage) => get(`/deals?stageId=${stage}&sort=expectedCloseDate&limit=50`)) },
    { what: 'all by value', goal: '≤ 1.3', requests: [get('/deals?sort=-value&limit=50')] },
    // At most two: there are ten times as many deals a customer in the larger one.
    { what: 'deals of a customer', goal: '≤ 1.3', requests: customers.map((customer) => get(`/deals?customerId=${customer}&limit=2`)) },
    { what: 'deals of a company', goal: '≤ 1.3', requests: companies.map((company) => get(`/deals?companyId=${company}&limit=10`)) },
    { what: 'customers of a company', goal: '≤ 1.3', requests: companies.map((company) => get(`/customers?companyId=${company}&limit=10`)) },
    { what: 'deals of an owner', goal: '≤ 1.3', requests: owners.map((owner) => get(`/deals?ownerId=${owner}&limit=50`)) },
    { what: 'what changed lately', goal: '≤ 1.3', requests: [get('/deals?updatedAt[gte]=2099-01-01T00:00:00Z'), get('/customers?updatedAt[gte]=2099-01-01T00:00:00Z')] },
    { what: 'a tag that many have', goal: '≤ 1.3', requests: [get(`/deals?tags=${tags[0]}&limit=50`)] },
    { what: 'a tag that few have', goal: '≤ 1.3', requests: [get(`/deals?tags=${tags[1]}&limit=2`)] },
    { what: 'search for two words', goal: '', requests: deals.map((_, index) => get(`/search?q=${encodeURIComponent(`customer ${index * 17}`)}&limit=10`)) },
    { what: 'summary of a stage', goal: '', requests: stages.map((stage) => get(`/deals/summary?stageId=${stage}`)) },
    { what: 'summary of all', goal: '', requests: [get('/deals/summary')] },
  ]
}
