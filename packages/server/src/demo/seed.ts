import { instant } from '../clock.ts'
import { newId } from '../ids.ts'
import type { PlannedSet } from '../ledger/ledger.ts'
import { settled } from '../ledger/settled.ts'
import type { Services } from '../services.ts'
import { generateDemo } from './generate.ts'

const PART = 500

/** Fills a workspace with the demo's data: one change set, in parts, like any import; undone by one call. */
export const seedDemo = async ({ ledger, clock }: Pick<Services, 'ledger' | 'clock'>, workspaceId: string): Promise<number> => {
  const now = clock()
  const changes = generateDemo({ now })
  const set: Omit<PlannedSet, 'changes'> = { id: newId('changesets'), workspaceId, actor: { kind: 'system', id: 'system', name: 'Demo data' }, source: { kind: 'demo', id: 'seed' }, at: instant(now) }
  for (let start = 0; start < changes.length; start += PART) {
    settled(await ledger.commit({ ...set, changes: changes.slice(start, start + PART), part: { first: start === 0, last: start + PART >= changes.length } }))
  }
  return changes.length
}
