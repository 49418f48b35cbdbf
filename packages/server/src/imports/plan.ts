import { idOf, type ImportNoun, type LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { generateNKeysBetween } from 'fractional-indexing'
import { newId } from '../ids.ts'
import type { Change, Fields } from '../ledger/ledger.ts'
import { cellText } from '../csv/cells.ts'
import { phoneKey } from '../records/match-keys.ts'
import type { ImportStage } from './draft.ts'
import { type LookedUp, type Match, matchOf } from './match.ts'
import { nameKey } from './nouns.ts'
import type { StagedDraft } from './scratch.ts'

const TAG_ID = idOf('tags')

export interface Current { version: number; fields: Fields }

/** What a part of the file meets in the database. */
export interface Met extends LookedUp {
  noun: ImportNoun
  at: string
  current: Map<string, Current>
  /** Records that rows point to by their ids, and that are here. */
  here: Set<string>
  companies: Map<string, string>
  /** By name, those without a domain of their own. */
  undomained: Map<string, string>
  companiesByDomain: Map<string, string>
  companiesByExternalId: Map<string, string>
  customers: Map<string, string>
  customersByExternalId: Map<string, string>
  deals: Map<string, string>
  /** By name in lower case, and by id. */
  tags: Map<string, string>
  /** For deals without a stage of their own. */
  firstStage: ImportStage | null
  /** The last position of each stage; moved on by the plan. */
  lastPosition: Map<string, string | null>
}

export interface Planned {
  draft: StagedDraft
  action: 'create' | 'update' | 'merge' | 'unchanged' | 'reject'
  id: string | null
  /** The records that it brings along, then the record itself. */
  changes: Change[]
  reject?: { field: string; reason: string }
}
export interface PlannedPart {
  planned: Planned[]
  /** Drafts about a record that an earlier one of this part writes; they are planned again when that is done. */
  later: StagedDraft[]
  /** Records that were named and are new: what the next part finds by name. */
  named: [key: string, id: string][]
  /** The domains of companies that are new. */
  domains: [domain: string, id: string][]
}

/** A part of a file as changes: tags and companies that rows name first, then the records. Purely; cells that are empty change nothing. */
export const planPart = (drafts: readonly StagedDraft[], met: Met): PlannedPart => {
  const part: PlannedPart = { planned: [], later: [], named: [], domains: [] }
  const claimed = new Set<string>()
  const matched: { draft: StagedDraft; match: Match }[] = []
  for (const draft of drafts) {
    const match = matchOf(met.noun, draft, met, (id) => !claimed.has(id) && fitsByName(draft.fields, met.current.get(id)?.fields), (id) => met.current.has(id))
    if ('id' in match && match.id !== null) {
      if (claimed.has(match.id)) {
        part.later.push(draft)
        continue
      }
      claimed.add(match.id)
    }
    matched.push({ draft, match })
  }
  const positions = positionsFor(matched, met)
  for (const { draft, match } of matched) part.planned.push(planDraft(draft, match, positions.get(draft), met, part))
  return part
}

const planDraft = (draft: StagedDraft, match: Match, position: string | undefined, met: Met, part: PlannedPart): Planned => {
  if ('reject' in match) return { draft, action: 'reject', id: null, changes: [], reject: match.reject }
  const unknown = draft.links.tags?.find((name) => TAG_ID.safeParse(name).success && !met.tags.has(name))
  if (unknown !== undefined) return { draft, action: 'reject', id: null, changes: [], reject: { field: 'tags', reason: `"${unknown}" is the id of no tag here; give tags by their names` } }
  const changes: Change[] = []
  const links = linksOf(draft, met, changes, part)
  if (met.noun === 'interactions' && !links.customerId && !links.companyId && !links.dealId) {
    const field = draft.links.customer ? 'customerEmail' : draft.links.customerKey ? 'customerKey' : 'deal'
    return { draft, action: 'reject', id: null, changes: [], reject: { field, reason: `"${draft.links.customer ?? draft.links.customerKey ?? draft.links.deal ?? draft.links.companyKey ?? ''}" names no live record here, or several` } }
  }
  const known = match.id === null ? undefined : met.current.get(match.id)
  if (match.id === null || !known) {
    const id = newId(met.noun)
    changes.push({ verb: 'create', noun: met.noun, id, set: { tags: [], customFields: {}, ...datedAs(draft, met), ...draft.fields, ...links, ...placed(draft, position, met) }, keys: draft.keys })
    if (draft.natural !== null) part.named.push([`${met.noun}:${draft.natural}`, id])
    return { draft, action: 'create', id, changes }
  }
  const moved = moveOf(draft, known.fields, position, met)
  const wanted: Fields = { ...draft.fields, ...links, ...moved }
  // A record that was found by another key keeps the id that it has.
  if (match.by === 'other' && known.fields.externalId !== null) delete wanted.externalId
  const { before, set } = differencesOf(known.fields, wanted)
  if (Object.keys(set).length === 0) return { draft, action: 'unchanged', id: match.id, changes: [] }
  changes.push({ verb: 'update', noun: met.noun, id: match.id, expect: known.version, before, set, keys: draft.keys })
  return { draft, action: match.by === 'other' ? 'merge' : 'update', id: match.id, changes }
}

/** A company that is known by its name alone is taken for a row's unless the two say that they are others. */
const fitsByName = (fields: Fields, current: Fields | undefined): boolean =>
  current !== undefined && ['externalId', 'domain'].every((name) => fields[name] === undefined || (current[name] ?? null) === null || current[name] === fields[name])

const linksOf = ({ links: { company, companyKey, companyDomain, customer, customerKey, deal, tags, ...ids } }: StagedDraft, met: Met, changes: Change[], part: PlannedPart): Fields => {
  const links: Fields = {}
  const make = (noun: LedgeredNoun, id: string, set: Fields) => { changes.push({ verb: 'create', noun, id, set } as Change) }
  if (tags && tags.length > 0) {
    links.tags = tags.map((name) => {
      const key = name.toLowerCase()
      const id = met.tags.get(key) ?? newId('tags')
      if (!met.tags.has(key)) {
        make('tags', id, { name, color: null })
        met.tags.set(key, id)
      }
      return id
    })
  }
  const hereOf = (id: string | undefined): string | undefined => (id !== undefined && met.here.has(id) ? id : undefined)
  const name = company ?? companyDomain
  const byKey = hereOf(ids.companyId) ?? (companyKey === undefined ? undefined : met.companiesByExternalId.get(companyKey)) ?? (companyDomain === undefined ? undefined : met.companiesByDomain.get(companyDomain))
  if (byKey !== undefined) links.companyId = byKey
  else if (name !== undefined && met.noun !== 'companies') {
    const key = nameKey(name)
    // A namesake at another domain is another company; an export of ours says with its empty cell that there is no domain.
    const known = companyDomain === undefined && !(ids.id !== undefined && met.undomained.has(key)) ? met.companies : met.undomained
    const id = known.get(key) ?? newId('companies')
    if (!known.has(key)) {
      make('companies', id, { name, ...(companyDomain === undefined ? {} : { domain: companyDomain }), tags: [], customFields: {} })
      if (!met.companies.has(key)) {
        met.companies.set(key, id)
        part.named.push([`companies:${key}`, id])
      }
      if (companyDomain !== undefined) {
        met.companiesByDomain.set(companyDomain, id)
        part.domains.push([companyDomain, id])
      }
      else {
        met.undomained.set(key, id)
        part.named.push([`undomained:${key}`, id])
      }
    }
    links.companyId = id
  }
  const customerId = hereOf(ids.customerId) ?? (customerKey === undefined ? undefined : met.customersByExternalId.get(customerKey)) ?? (customer === undefined ? undefined : met.customers.get(customer.toLowerCase()))
  if (customerId !== undefined) links.customerId = customerId
  const dealId = hereOf(ids.dealId) ?? (deal === undefined ? undefined : met.deals.get(deal))
  if (dealId !== undefined) links.dealId = dealId
  return links
}

const datedAs = ({ fields }: StagedDraft, { noun, at }: Met): Fields => (noun === 'interactions' && fields.occurredAt === undefined ? { occurredAt: at } : {})

const placed = ({ links, fields }: StagedDraft, position: string | undefined, { noun, firstStage, at }: Met): Fields => {
  const stage = links.stage ?? firstStage
  if (noun !== 'deals' || !stage) return {}
  return { pipelineId: stage.pipelineId, stageId: stage.id, status: stage.kind, position, closedAt: stage.kind === 'open' ? null : (fields.closedAt ?? at), stageEnteredAt: at }
}

/** A deal whose file names another stage than the one it stands in goes there. */
const moveOf = ({ links: { stage }, fields }: StagedDraft, current: Fields, position: string | undefined, { at }: Met): Fields => {
  if (!stage || current.stageId === stage.id) return {}
  const closing = stage.kind === current.status ? {} : { closedAt: stage.kind === 'open' ? null : (fields.closedAt ?? at) }
  return { stageId: stage.id, pipelineId: stage.pipelineId, status: stage.kind, position, stageEnteredAt: at, ...closing }
}

/** What a row really changes. Tags are added, custom fields merged; an address or number that is the same but for its looks stays as it is. */
const differencesOf = (current: Fields, wanted: Fields): { before: Fields; set: Fields } => {
  const before: Fields = {}
  const set: Fields = {}
  for (const [name, value] of Object.entries(wanted)) {
    const now = current[name] ?? null
    const next = name === 'customFields' ? customOf(now as Fields, value as Fields) : name === 'tags' ? [...new Set([...((now as string[] | null) ?? []), ...(value as string[])])] : value
    if (JSON.stringify(next) === JSON.stringify(now) || sameButForLooks(name, now, next)) continue
    before[name] = now
    set[name] = next
  }
  return { before, set }
}
/** A value that a cell cannot tell from the one that stands, as `7` and `"7"`, leaves that as it is. */
const customOf = (now: Fields, next: Fields): Fields => ({
  ...now, ...Object.fromEntries(Object.entries(next).map(([name, value]) => [name, sameInCells(now[name], value) ? now[name] : value])),
})
const sameInCells = (now: unknown, next: unknown): boolean => now !== null && now !== undefined && (cellText(now) === cellText(next) || sameInstant(now, next))
const sameInstant = (now: unknown, next: unknown): boolean => typeof now === 'string' && typeof next === 'string' && /^\d{4}-\d\d-\d\dT/.test(now) && Date.parse(now) === Date.parse(next)

const sameButForLooks = (name: string, now: unknown, next: unknown): boolean => {
  if (typeof now !== 'string' || typeof next !== 'string') return false
  return name === 'email' ? now.toLowerCase() === next.toLowerCase() : name === 'phone' && phoneKey(now) !== null && phoneKey(now) === phoneKey(next)
}

/** Places at the end of each stage, in the order of the file, all of a part at once so that keys stay short. */
const positionsFor = (matched: readonly { draft: StagedDraft; match: Match }[], met: Met): Map<StagedDraft, string> => {
  const positions = new Map<StagedDraft, string>()
  if (met.noun !== 'deals') return positions
  const byStage = new Map<string, StagedDraft[]>()
  for (const { draft, match } of matched) {
    if ('reject' in match) continue
    const stage = draft.links.stage ?? met.firstStage
    const stands = match.id === null ? undefined : met.current.get(match.id)?.fields.stageId
    if (!stage || (match.id !== null && (!draft.links.stage || stands === stage.id))) continue
    byStage.set(stage.id, [...(byStage.get(stage.id) ?? []), draft])
  }
  for (const [stageId, waiting] of byStage) {
    const keys = generateNKeysBetween(met.lastPosition.get(stageId) ?? null, null, waiting.length)
    waiting.forEach((draft, index) => positions.set(draft, keys[index] as string))
    met.lastPosition.set(stageId, keys.at(-1) ?? null)
  }
  return positions
}
