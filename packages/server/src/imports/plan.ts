import type { ImportNoun } from '@flowstate-ai/sdk/contract'
import { generateNKeysBetween } from 'fractional-indexing'
import { newId } from '../ids.ts'
import type { Change, Fields } from '../ledger/ledger.ts'
import type { Draft, ImportStage } from './draft.ts'
import { nameKey } from './imports.store.ts'

/** What a part of the file meets in the database. */
export interface Met {
  noun: ImportNoun
  at: string
  /** For each draft the id of the record that it is, if it is there. */
  idOf(draft: Draft): string | undefined
  current: Map<string, { version: number; fields: Fields }>
  companies: Map<string, string>
  customers: Map<string, string>
  /** For deals without a stage of their own. */
  firstStage: ImportStage | null
  /** The last position of each stage; moved on by the plan. */
  lastPosition: Map<string, string | null>
}
export interface PlannedPart { changes: Change[]; created: number; updated: number; unchanged: number }

/** A part of a file as changes: new companies that rows name first, then the records. Purely; cells that are empty change nothing. */
export const planPart = (drafts: readonly Draft[], met: Met): PlannedPart => {
  const part: PlannedPart = { changes: [], created: 0, updated: 0, unchanged: 0 }
  const positions = positionsFor(drafts, met)
  for (const draft of drafts) {
    const links = linksOf(draft, met, part.changes)
    const id = met.idOf(draft)
    const known = id === undefined ? undefined : met.current.get(id)
    if (id === undefined || !known) create(draft, { ...draft.fields, ...links }, met, positions, part)
    else update(id, known, { ...draft.fields, ...links, ...moveOf(draft, known.fields, positions) }, met, part)
  }
  return part
}

const linksOf = ({ company, customerEmail }: Draft, met: Met, changes: Change[]): Fields => {
  const links: Fields = {}
  if (company !== null && met.noun !== 'companies') {
    const key = nameKey(company)
    const known = met.companies.get(key) ?? newId('companies')
    if (!met.companies.has(key)) {
      changes.push({ verb: 'create', noun: 'companies', id: known, set: { name: company.slice(0, 200), tags: [], customFields: {} } })
      met.companies.set(key, known)
    }
    links.companyId = known
  }
  const customer = customerEmail === null ? undefined : met.customers.get(customerEmail.toLowerCase())
  return customer === undefined ? links : { ...links, customerId: customer }
}

const create = (draft: Draft, fields: Fields, met: Met, positions: Map<Draft, string>, part: PlannedPart) => {
  const stage = draft.stage ?? met.firstStage
  const placed = met.noun !== 'deals' || !stage ? {} : {
    pipelineId: stage.pipelineId, stageId: stage.id, status: stage.kind, position: positions.get(draft),
    closedAt: stage.kind === 'open' ? null : (fields.closedAt ?? met.at), stageEnteredAt: met.at,
  }
  const dated = met.noun === 'interactions' && fields.occurredAt === undefined ? { occurredAt: met.at } : {}
  part.changes.push({ verb: 'create', noun: met.noun, id: newId(met.noun), set: { tags: [], customFields: {}, ...dated, ...fields, ...placed } })
  part.created++
}

const update = (id: string, { version, fields: current }: { version: number; fields: Fields }, wanted: Fields, { noun }: Met, part: PlannedPart) => {
  const before: Fields = {}
  const set: Fields = {}
  for (const [name, value] of Object.entries(wanted)) {
    const next = name === 'customFields' ? { ...(current.customFields as Fields), ...(value as Fields) } : value
    if (JSON.stringify(next) === JSON.stringify(current[name] ?? null)) continue
    before[name] = current[name] ?? null
    set[name] = next
  }
  if (Object.keys(set).length === 0) {
    part.unchanged++
    return
  }
  part.changes.push({ verb: 'update', noun, id, expect: version, before, set })
  part.updated++
}

/** A deal whose file names another stage than the one it stands in goes there. */
const moveOf = (draft: Draft, current: Fields, positions: Map<Draft, string>): Fields => {
  const { stage } = draft
  if (!stage || current.stageId === stage.id) return {}
  return { stageId: stage.id, pipelineId: stage.pipelineId, status: stage.kind, position: positions.get(draft), ...(stage.kind === 'open' ? { closedAt: null } : {}) }
}

/** Places at the end of each stage, in the order of the file, all of a part at once so that keys stay short. */
const positionsFor = (drafts: readonly Draft[], met: Met): Map<Draft, string> => {
  const positions = new Map<Draft, string>()
  if (met.noun !== 'deals') return positions
  const byStage = new Map<string, Draft[]>()
  for (const draft of drafts) {
    const stage = draft.stage ?? met.firstStage
    const id = met.idOf(draft)
    const stands = id === undefined ? undefined : met.current.get(id)?.fields.stageId
    if (!stage || (id !== undefined && (draft.stage === null || stands === stage.id))) continue
    byStage.set(stage.id, [...(byStage.get(stage.id) ?? []), draft])
  }
  for (const [stageId, waiting] of byStage) {
    const keys = generateNKeysBetween(met.lastPosition.get(stageId) ?? null, null, waiting.length)
    waiting.forEach((draft, index) => positions.set(draft, keys[index] as string))
    met.lastPosition.set(stageId, keys.at(-1) ?? null)
  }
  return positions
}
