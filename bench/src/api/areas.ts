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
export const furtherAreasOf = ({ secret, stages, deals }: Seeded): Area[] => {
  const headers = { authorization: `Bearer ${secret}` }
  const get = (path: string): LoadRequest => ({ method: 'GET', path: `/api/v1${path}`, headers })
  return [
    { what: 'history of a deal', goal: '≤ 1.3', requests: deals.map((deal) => get(`/deals/${deal}/history`)) },
    { what: 'list by an indexed custom field', goal: '≤ 1.3', requests: deals.map((_, index) => get(`/deals?customFields.score=${index}&limit=20`)) },
    { what: 'newest deals', goal: '≤ 1.3', requests: stages.map((_, index) => get(`/deals?limit=${50 - index}`)) },
    { what: 'a stage by value', goal: '', requests: stages.map((stage) => get(`/deals?stageId=${stage}&sort=-value&limit=50`)) },
    { what: 'search for two words', goal: '', requests: deals.map((_, index) => get(`/search?q=${encodeURIComponent(`customer ${index * 17}`)}&limit=10`)) },
    { what: 'summary of a stage', goal: '', requests: stages.map((stage) => get(`/deals/summary?stageId=${stage}`)) },
    { what: 'summary of all', goal: '', requests: [get('/deals/summary')] },
  ]
}
