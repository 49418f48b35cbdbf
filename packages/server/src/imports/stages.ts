import { generateNKeysBetween } from 'fractional-indexing'
import { newId } from '../ids.ts'
import type { Change } from '../ledger/ledger.ts'
import { PROBABILITY_OF } from '../pipelines/pipelines.service.ts'
import type { ImportStage } from './draft.ts'

const MOST_NEW_STAGES = 12
/** What fewer rows say is taken for a misspelling, not for a stage. */
const RAREST_SHARE = 0.005
/** In a file this small every stage may be rare. */
const FEW_ROWS = 50

export interface StagePlan { stages: Map<string, ImportStage>; create: Change[] }

/**
 * Where a file's stages lead: to the pipeline that has the most of them. When none has more than half of those that matter, a
 * pipeline is made of the file's own, named after the file; a stage that hardly any row names is then a misspelling.
 */
export const planStages = (inFile: ReadonlyMap<string, number>, known: readonly (ImportStage & { pipelineName: string })[], fileName: string, currency: string): StagePlan => {
  const total = [...inFile.values()].reduce((sum, count) => sum + count, 0)
  const common = [...inFile].filter(([, count]) => count >= (total < FEW_ROWS ? 1 : Math.max(2, total * RAREST_SHARE))).map(([name]) => name)
  const pipelines = new Map<string, ImportStage[]>()
  for (const stage of known) pipelines.set(stage.pipelineId, [...(pipelines.get(stage.pipelineId) ?? []), stage])
  const covered = (stages: ImportStage[]) => common.filter((name) => stages.some((stage) => stage.name.toLowerCase() === name.toLowerCase())).length
  const best = [...pipelines.values()].sort((a, b) => covered(b) - covered(a))[0]
  if (best && (common.length === 0 || covered(best) > common.length / 2)) return { stages: byName(best), create: [] }
  if (common.length === 0 || common.length > MOST_NEW_STAGES) return { stages: byName(best ?? []), create: [] }
  return madeOf(common, fileName, currency)
}

const madeOf = (names: string[], fileName: string, currency: string): StagePlan => {
  const pipelineId = newId('pipelines')
  const kinds = names.map((name) => ({ name, kind: kindOf(name) })).sort((a, b) => RANK[a.kind] - RANK[b.kind] || earliness(a.name) - earliness(b.name))
  const positions = generateNKeysBetween(null, null, kinds.length)
  const open = kinds.filter(({ kind }) => kind === 'open').length
  const stages = kinds.map(({ name, kind }, index) => ({
    change: {
      verb: 'create', noun: 'stages', id: newId('stages'),
      set: { pipelineId, name, kind, probability: kind === 'open' ? Math.round(((index + 1) / (open + 1)) * 100) / 100 : PROBABILITY_OF[kind], position: positions[index] },
    } as const satisfies Change,
    name, kind,
  }))
  const name = fileName.replace(/\.[a-z]+$/i, '').replaceAll(/[_-]+/g, ' ').trim().slice(0, 200) || 'Imported'
  return {
    create: [{ verb: 'create', noun: 'pipelines', id: pipelineId, set: { name, currency } }, ...stages.map(({ change }) => change)],
    stages: byName(stages.map((stage) => ({ id: stage.change.id, pipelineId, name: stage.name, kind: stage.kind }))),
  }
}

const byName = (stages: readonly ImportStage[]): Map<string, ImportStage> => new Map(stages.map((stage) => [stage.name.toLowerCase(), stage]))

const RANK = { open: 0, won: 1, lost: 2 } as const
const kindOf = (name: string): 'open' | 'won' | 'lost' => (/\b(won|gewonnen|gagné)\b/i.test(name) ? 'won' : /\b(lost|verloren|perdu)\b/i.test(name) ? 'lost' : 'open')
/** Words that usually stand early in a pipeline come first; what is not known keeps its place behind them. */
const EARLY = ['lead', 'new', 'prospect', 'qualif', 'contact', 'engag', 'demo', 'meeting', 'proposal', 'quote', 'negotiat', 'contract']
const earliness = (name: string): number => {
  const index = EARLY.findIndex((word) => name.toLowerCase().includes(word))
  return index < 0 ? EARLY.length : index
}
