import type { ImportNoun } from '@flowstate-ai/sdk/contract'
import type { Scoped } from '../db/scoped.ts'
import type { BoardStore } from '../deals/board.store.ts'
import type { Caller } from '../http/caller.ts'
import type { Fields } from '../ledger/ledger.ts'
import type { ImportStage } from './draft.ts'
import type { ImportsStore } from './imports.store.ts'
import { keyOf } from './match.ts'
import { NOUNS, nameKey } from './nouns.ts'
import type { Current, Met } from './plan.ts'
import type { Reader } from './reader.ts'
import type { StagedDraft } from './scratch.ts'

interface MeetDeps { store: ImportsStore; scoped: Scoped; board: BoardStore }
export interface Standing { noun: ImportNoun; caller: Caller; reader: Reader; tags: Map<string, string>; firstStage: ImportStage | null; lastPosition: Map<string, string | null> }

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
  const dealKeys = drafts.flatMap(({ links }) => text(links.deal))
  const deals = new Map([...await store.dealsById(workspaceId, dealKeys), ...await store.byExternalId(workspaceId, 'deals', dealKeys)])
  const names = await reader.names([...new Set(drafts.flatMap(({ natural, links }) => [...(natural === null ? [] : [`${noun}:${natural}`]), ...(links.company === undefined ? [] : [`companies:${nameKey(links.company)}`])]))])
  const named = (prefix: string) => new Map([...names].filter(([key]) => key.startsWith(prefix)).map(([key, id]) => [key.slice(prefix.length), id]))
  const byNatural = named(`${noun}:`)
  const ids = new Set([...byExternalId.values(), ...byKey.values(), ...[...byPhone.values()].flat().map(({ id }) => id), ...byNatural.values()])
  const current = new Map<string, Current>()
  for (const [id, { version, json, archivedAt }] of await scoped.findMany(caller, noun, [...ids])) if (archivedAt === null) current.set(id, { version, fields: JSON.parse(json) as Fields })
  // A name may have been learnt of a record that is archived by now.
  for (const [key, id] of byNatural) if (!current.has(id)) byNatural.delete(key)
  for (const stage of noun === 'deals' ? [...drafts.map(({ links }) => links.stage), firstStage] : []) {
    if (stage && !lastPosition.has(stage.id)) lastPosition.set(stage.id, await board.lastPosition(workspaceId, stage.id))
  }
  return { noun, at, byExternalId, byKey, byPhone, byNatural, current, companies: named('companies:'), companiesByExternalId, customers: byEmail, deals, tags: new Map(tags), firstStage, lastPosition }
}
