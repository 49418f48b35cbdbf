import { generateNKeysBetween } from 'fractional-indexing'
import { newId } from '../ids.ts'
import type { Change } from '../ledger/ledger.ts'
import { PROBABILITY_OF } from '../pipelines/pipelines.service.ts'
import type { ImportStage } from './draft.ts'
import type { StageInFile } from './survey.ts'

const MOST_NEW_STAGES = 12
/** What fewer rows say is taken for a misspelling, not for a stage. */
const RAREST_SHARE = 0.005
/** In a file this small every stage may be rare. */
const FEW_ROWS = 50

export interface StagePlan {
  /** By name, for deals that name no pipeline, or none with this stage. */
  stages: Map<string, ImportStage>
  /** By pipeline and stage, both in lower case, a line break between them. */
  pipelineStages: Map<string, ImportStage>
  create: Change[]
}
type Known = ImportStage & { pipelineName: string }

/**
 * Where a file's stages lead. A pipeline that the file names is taken when it is here and has most of its stages, and otherwise made
 * under that name. Deals that name none go to the pipeline that has the most of their stages; when none has more than half of those
 * that matter, a pipeline is made of the file's own, named after the file. A stage that hardly any row names is then a misspelling.
 */
export const planStages = (inFile: readonly StageInFile[], known: readonly Known[], fileName: string, currency: string): StagePlan => {
  const ids = new Set(known.map(({ id }) => id))
  const pipelines = new Map<string, { name: string; stages: StageInFile[] }>()
  // What a row names by an id that is here needs no place made for it.
  for (const each of inFile) {
    if (ids.has(each.id)) continue
    const ended = each.end === 'open' || kindOf(each.name) === each.end.toLowerCase() || known.some(({ name, kind }) => name.toLowerCase() === each.name.toLowerCase() && kind === each.end.toLowerCase())
    const stage = ended ? each : { ...each, name: each.end }
    const key = pipelineKey(stage.pipeline)
    const of = pipelines.get(key) ?? { name: stage.pipeline, stages: [] }
    of.stages.push(stage)
    pipelines.set(key, of)
  }
  const plan: StagePlan = { stages: new Map(), pipelineStages: pipelineStagesOf(known), create: [] }
  for (const [key, { name, stages }] of pipelines) {
    const mine = key === '' ? known : known.filter(({ pipelineName }) => pipelineKey(pipelineName) === key)
    const { stages: found, create } = placesFor(counted(stages), mine, pipelineNamed(fileName, name, known), currency)
    for (const stage of found.values()) keep(plan.pipelineStages, name, stage)
    for (const [place, stage] of found) if (!plan.stages.has(place)) plan.stages.set(place, stage)
    plan.create.push(...create)
  }
  if (plan.stages.size === 0) plan.stages = byName(fullest(known, [])?.stages ?? [])
  return plan
}

/** What is here already, by pipeline and stage; of two pipelines of one name, the older. */
export const pipelineStagesOf = (known: readonly Known[]): Map<string, ImportStage> => {
  const stages = new Map<string, ImportStage>()
  for (const { pipelineName, ...stage } of known) keep(stages, pipelineName, stage)
  return stages
}

const pipelineKey = (name: string): string => name.toLowerCase().trim()
const keep = (into: Map<string, ImportStage>, pipeline: string, stage: ImportStage): void => {
  const key = `${pipelineKey(pipeline)}\n${stage.name.toLowerCase()}`
  if (!into.has(key)) into.set(key, stage)
}

interface Named { count: number; kind: Kind | null }
/** A stage's kind is its deals' status, where all of them say the same. */
const counted = (stages: readonly StageInFile[]): Map<string, Named> => {
  const names = new Map<string, Named>()
  for (const { name, kind, count } of stages) {
    const said = isKind(kind) ? kind : null
    const before = names.get(name)
    names.set(name, before ? { count: before.count + count, kind: before.kind === said ? said : null } : { count, kind: said })
  }
  return names
}

const placesFor = (inFile: ReadonlyMap<string, Named>, known: readonly ImportStage[], name: string, currency: string): Pick<StagePlan, 'stages' | 'create'> => {
  const total = [...inFile.values()].reduce((sum, { count }) => sum + count, 0)
  const common = [...inFile].filter(([, { count }]) => count >= (total < FEW_ROWS ? 1 : Math.max(2, total * RAREST_SHARE))).map(([stage]) => stage)
  const best = fullest(known, common)
  if (best && (common.length === 0 || best.covered > common.length / 2)) return { stages: byName(best.stages), create: [] }
  if (common.length === 0 || common.length > MOST_NEW_STAGES) return { stages: byName(best?.stages ?? []), create: [] }
  return madeOf(common.map((stage) => ({ name: stage, kind: inFile.get(stage)?.kind ?? kindOf(stage) })), name, currency)
}

/** The pipeline that has the most of these stages. */
const fullest = (known: readonly ImportStage[], names: readonly string[]): { stages: ImportStage[]; covered: number } | undefined => {
  const pipelines = new Map<string, ImportStage[]>()
  for (const stage of known) pipelines.set(stage.pipelineId, [...(pipelines.get(stage.pipelineId) ?? []), stage])
  const covered = (stages: readonly ImportStage[]) => names.filter((name) => stages.some((stage) => stage.name.toLowerCase() === name.toLowerCase())).length
  return [...pipelines.values()].map((stages) => ({ stages, covered: covered(stages) })).sort((a, b) => b.covered - a.covered)[0]
}

/** What a new pipeline is called: as the file calls it, unless another has that name; then after the file. */
const pipelineNamed = (fileName: string, name: string, known: readonly Known[]): string => {
  const taken = name === '' || known.some(({ pipelineName }) => pipelineKey(pipelineName) === pipelineKey(name))
  return (taken ? fileName.replace(/\.[a-z]+$/i, '').replaceAll(/[_-]+/g, ' ').trim() || 'Imported' : name).slice(0, 200)
}

const madeOf = (inFile: readonly { name: string; kind: Kind }[], name: string, currency: string): Pick<StagePlan, 'stages' | 'create'> => {
  const pipelineId = newId('pipelines')
  const kinds = [...inFile].sort((a, b) => RANK[a.kind] - RANK[b.kind] || earliness(a.name) - earliness(b.name))
  const positions = generateNKeysBetween(null, null, kinds.length)
  const open = kinds.filter(({ kind }) => kind === 'open').length
  const stages = kinds.map(({ name: stage, kind }, index) => ({
    change: {
      verb: 'create', noun: 'stages', id: newId('stages'),
      set: { pipelineId, name: stage, kind, probability: kind === 'open' ? Math.round(((index + 1) / (open + 1)) * 100) / 100 : PROBABILITY_OF[kind], position: positions[index] },
    } as const satisfies Change,
    name: stage, kind,
  }))
  return {
    create: [{ verb: 'create', noun: 'pipelines', id: pipelineId, set: { name, currency } }, ...stages.map(({ change }) => change)],
    stages: byName(stages.map((stage) => ({ id: stage.change.id, pipelineId, name: stage.name, kind: stage.kind }))),
  }
}

const byName = (stages: readonly ImportStage[]): Map<string, ImportStage> => new Map(stages.map((stage) => [stage.name.toLowerCase(), stage]))

type Kind = 'open' | 'won' | 'lost'
const isKind = (text: string): text is Kind => Object.hasOwn(RANK, text)
const RANK = { open: 0, won: 1, lost: 2 } as const
const kindOf = (name: string): 'open' | 'won' | 'lost' => (/\b(won|gewonnen|gagné)\b/i.test(name) ? 'won' : /\b(lost|verloren|perdu)\b/i.test(name) ? 'lost' : 'open')
/** Words that usually stand early in a pipeline come first; what is not known keeps its place behind them. */
const EARLY = ['lead', 'new', 'prospect', 'qualif', 'contact', 'engag', 'demo', 'meeting', 'proposal', 'quote', 'negotiat', 'contract']
const earliness = (name: string): number => {
  const index = EARLY.findIndex((word) => name.toLowerCase().includes(word))
  return index < 0 ? EARLY.length : index
}
