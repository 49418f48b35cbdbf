import type { ImportNoun } from '@flowstate-ai/sdk/contract'
import type { Scoped } from '../db/scoped.ts'
import type { BoardStore } from '../deals/board.store.ts'
import type { Caller } from '../http/caller.ts'
import type { Fields } from '../ledger/ledger.ts'
import type { ImportStage, Links } from './draft.ts'
import type { ImportsStore } from './imports.store.ts'
import { keyOf } from './match.ts'
import { NOUNS, nameKey } from './nouns.ts'
import type { Current, Met } from './plan.ts'
import type { Reader } from './reader.ts'
import type { StagedDraft } from './scratch.ts'

interface MeetDeps { store: ImportsStore; scoped: Scoped; board: BoardStore }
export interface Standing { noun: ImportNoun; caller: Caller; reader: Reader; tags: Map<string, string>; firstStage: ImportStage | null; lastPosition: Map<string, string | null> }

const POINTERS = [['companyId', 'companies'], ['customerId', 'customers'], ['dealId', 'deals']] as const

/** What a row names others by, as the reader has learnt it. */
const namesIn = ({ company, companyDomain, deal }: Links): string[] => {
  const name = company ?? companyDomain
  return [
    ...(name === undefined ? [] : [`companies:${nameKey(name)}`, `undomained:${nameKey(name)}`]),
    ...(deal === undefined ? [] : [titled(deal), severalTitled(deal)]),
  ]
}
export const titled = (title: string): string => `titled:${nameKey(title)}`
export const severalTitled = (title: string): string => `several:${nameKey(title)}`

/** Deals that rows name by a title that one deal alone has. */
const dealsTitled = (drafts: readonly StagedDraft[], names: ReadonlyMap<string, string>): [title: string, id: string][] => drafts.flatMap(({ links: { deal } }): [string, string][] => {
  const id = deal === undefined || names.has(severalTitled(deal)) ? undefined : names.get(titled(deal))
  return deal === undefined || id === undefined ? [] : [[deal, id]]
})

/** Looks up what a part of the file meets: the records that its rows are about, and those that they point to. */
export const createMeeting = ({ store, scoped, board }: MeetDeps) => async ({ noun, caller, reader, tags, firstStage, lastPosition }: Standing, drafts: readonly StagedDraft[], at: string): Promise<Met> => {
  const { workspaceId } = caller
  const { keys } = NOUNS[noun]
  const text = (value: unknown): string[] => (typeof value === 'string' ? [value] : [])
  const emails = drafts.flatMap(({ fields, links }) => [...(noun === 'customers' ? text(fields.email) : []), ...text(links.customer)]).map(keyOf)
  const byEmail = await store.byEmail(workspaceId, emails)
  const byKey = noun === 'customers' ? byEmail : keys.includes('domain') ? await store.byDomain(workspaceId, drafts.flatMap(({ fields }) => text(fields.domain)).map(keyOf)) : new Map<string, string>()
  const byExternalId = await store.byExternalId(workspaceId, noun, drafts.flatMap(({ fields }) => text(fields.externalId)))
  const byPhone = await store.byPhone(workspaceId, drafts.flatMap(({ phone }) => (phone ? [phone.key] : [])))
  const companiesByExternalId = await store.byExternalId(workspaceId, 'companies', drafts.flatMap(({ links }) => text(links.companyKey)))
  const customersByExternalId = await store.byExternalId(workspaceId, 'customers', drafts.flatMap(({ links }) => text(links.customerKey)))
  const dealKeys = drafts.flatMap(({ links }) => text(links.deal))
  const dealsByKey = new Map([...await store.dealsById(workspaceId, dealKeys), ...await store.byExternalId(workspaceId, 'deals', dealKeys)])
  const names = await reader.names([...new Set(drafts.flatMap(({ natural, links }) => [...(natural === null ? [] : [`${noun}:${natural}`, ...(noun === 'companies' ? [`undomained:${natural}`] : [])]), ...namesIn(links)]))])
  const named = (prefix: string) => new Map([...names].filter(([key]) => key.startsWith(prefix)).map(([key, id]) => [key.slice(prefix.length), id]))
  // Of namesakes the one without a domain: those with one are known by it.
  const byNatural = new Map([...named(`${noun}:`), ...(noun === 'companies' ? named('undomained:') : [])])
  const here = new Set<string>()
  for (const [field, to] of POINTERS) {
    const asked = [...new Set(drafts.flatMap(({ links }) => text(links[field])))]
    for (const [id, { archivedAt }] of await scoped.findMany(caller, to, asked)) if (archivedAt === null) here.add(id)
  }
  const companiesByDomain = await store.byDomain(workspaceId, drafts.flatMap(({ links }) => text(links.companyDomain)).map(keyOf))
  const ids = new Set([...drafts.flatMap(({ links }) => text(links.id)), ...byExternalId.values(), ...byKey.values(), ...[...byPhone.values()].flat().map(({ id }) => id), ...byNatural.values()])
  const current = new Map<string, Current>()
  for (const [id, { version, json, archivedAt }] of await scoped.findMany(caller, noun, [...ids])) if (archivedAt === null) current.set(id, { version, fields: JSON.parse(json) as Fields })
  // A name may have been learnt of a record that is archived by now.
  for (const [key, id] of byNatural) if (!current.has(id)) byNatural.delete(key)
  for (const stage of noun === 'deals' ? [...drafts.map(({ links }) => links.stage), firstStage] : []) {
    if (stage && !lastPosition.has(stage.id)) lastPosition.set(stage.id, await board.lastPosition(workspaceId, stage.id))
  }
  return { noun, at, byExternalId, byKey, byPhone, byNatural, current, here, companies: named('companies:'), undomained: named('undomained:'), companiesByDomain, companiesByExternalId, customers: byEmail, customersByExternalId, deals: new Map([...dealsTitled(drafts, names), ...dealsByKey]), tags: new Map(tags), firstStage, lastPosition }
}
