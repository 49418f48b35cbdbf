import type { Import, ImportDetection } from '@flowstate-ai/sdk/contract'
import type { CustomFieldRules } from '../fields/rules.ts'
import type { DraftContext, ImportStage } from './draft.ts'
import { severalTitled, titled } from './meet.ts'
import type { Checkpoint, ImportsStore, KnownRecord } from './imports.store.ts'
import { NOUNS, nameKey } from './nouns.ts'
import type { Reader, Staged } from './reader.ts'
import { pipelineStagesOf, planStages, type StagePlan } from './stages.ts'
import type { ReadSettings, Survey } from './survey.ts'
import { Hopeless } from '../worker/worker.ts'

const DEFAULT_CURRENCY = 'EUR'
const TELL_SURVEY = 0.1
const TELL_STAGE = 0.3

interface PrepareDeps { store: ImportsStore; rules: CustomFieldRules }
export interface Prepared { staged: Staged; stages: StagePlan['stages']; create: StagePlan['create']; firstStage: ImportStage | null }

/** How a file is read, by what was said and what was detected. */
export const readSettingsOf = async ({ noun, settings, detection, mapping }: Import, workspaceId: string, rules: CustomFieldRules): Promise<ReadSettings> => {
  if (!detection) throw new Hopeless('This import was made by an older version; upload the file again.')
  return { noun, format: detection.format, encoding: detection.encoding, delimiter: detection.delimiter ?? ',', mapping, dateOrder: settings.dateOrder, decimal: settings.decimal, definitions: await rules.definitionsOf(workspaceId, noun) }
}

/** Surveys and stages the file, unless an earlier try has; then tells the reader the names of what is there. */
export const createPreparation = ({ store, rules }: PrepareDeps) => async (
  reader: Reader, item: Import, checkpoint: Checkpoint, workspaceId: string, progress: (share: number, message: string) => void,
): Promise<Prepared> => {
  const { noun, settings } = item
  const earlier = await reader.staged()
  const survey = earlier?.survey ?? await reader.survey((rows) => progress(TELL_SURVEY / 2, `Reading the file: ${rows} rows`))
  const known = noun === 'deals' ? await store.stages(workspaceId) : []
  const currency = settings.currency ?? known[0]?.currency ?? DEFAULT_CURRENCY
  const planned: Pick<StagePlan, 'stages' | 'create'> & Partial<StagePlan> = Object.keys(checkpoint.stageIds).length > 0
    ? { stages: new Map(Object.entries(checkpoint.stageIds)), create: [] }
    : earlier ? { stages: new Map(Object.entries(earlier.stages)), create: earlier.create } : planStages(noun === 'deals' ? survey.stages : [], known, item.name, currency)
  if (noun === 'deals' && planned.stages.size === 0) throw new Hopeless('There is no pipeline to put deals into, and the file names no stages: create a pipeline first.')
  const context: DraftContext = {
    noun, format: item.detection?.format ?? 'csv', header: survey.header, mapping: survey.mapping, dateOrders: survey.dateOrders, decimals: survey.decimals, currency, country: settings.country,
    definitions: await rules.definitionsOf(workspaceId, noun), members: membersOf(await store.members(workspaceId)), stages: Object.fromEntries(planned.stages),
    stagesById: Object.fromEntries(known.map((stage) => [stage.id, stage])), pipelineStages: Object.fromEntries(planned.pipelineStages ?? pipelineStagesOf(known)),
    needsId: survey.hasIds && NOUNS[noun].keys.length === 0,
  }
  const staged = earlier ?? await reader.stage(survey, context, planned.create, (rows) => progress(TELL_SURVEY + (TELL_STAGE - TELL_SURVEY) * (rows / Math.max(1, survey.rows)), `Understanding the file: ${rows} of ${survey.rows} rows`))
  await learnNames(reader, item, survey, workspaceId)
  return { staged, ...planned, firstStage: [...planned.stages.values()].find(({ kind }) => kind === 'open') ?? [...planned.stages.values()][0] ?? null }

  async function learnNames(to: Reader, { noun: own }: Import, { mapping, keyless }: Survey, workspace: string): Promise<void> {
    const fields = new Set(Object.values(mapping))
    const nouns = new Set([...(fields.has('company') || fields.has('companyDomain') || own === 'companies' ? ['companies' as const] : []), ...(keyless ? [own] : [])])
    for (const each of nouns) {
      const { natural } = NOUNS[each]
      for await (const page of store.known(workspace, each)) {
        await to.learnAll(page.flatMap(({ id, fields: values, company, customer, deal }): [string, string][] => {
          const links = { company: company ?? undefined, customer: customer ?? undefined, deal: deal ?? undefined }
          const undated = each === 'interactions' ? [natural({ ...values, occurredAt: undefined }, links)] : []
          const own = [natural(values, links), ...undated].flatMap((key): [string, string][] => (key === null ? [] : [[`${each}:${key}`, id]]))
          return each === 'companies' && values.domain === undefined ? [...own, [`undomained:${nameKey(String(values.name ?? ''))}`, id]] : own
        }))
      }
    }
    if (own === 'interactions' && fields.has('deal')) await learnTitles(to, store.known(workspace, 'deals'))
  }
}

/** Deals by their titles. One that several carry names none. */
const learnTitles = async (reader: Reader, pages: AsyncIterable<KnownRecord[]>): Promise<void> => {
  for await (const page of pages) {
    const deals = page.map(({ id, fields }) => ({ id, title: String(fields.title ?? '') }))
    const seen = new Set((await reader.names(deals.map(({ title }) => titled(title)))).keys())
    const several = deals.filter(({ title }) => seen.size === seen.add(titled(title)).size)
    await reader.learn([...deals.map(({ id, title }): [string, string] => [titled(title), id]), ...several.map(({ id, title }): [string, string] => [severalTitled(title), id])])
  }
}

/** Members by address and, where it is one member's alone, by name. */
export const membersOf = (list: readonly { id: string; email: string; name: string }[]): Record<string, string> => {
  const names = new Map<string, string | null>()
  for (const { id, name } of list) names.set(name.toLowerCase(), names.has(name.toLowerCase()) ? null : id)
  return Object.fromEntries([...[...names].filter((entry): entry is [string, string] => entry[1] !== null), ...list.map(({ id, email }) => [email.toLowerCase(), id] as const)])
}

/** What is shown of a file once the whole of it was read. */
export const detectionOf = (before: ImportDetection, { header, mapping, dateOrders, decimals }: Survey): ImportDetection => {
  const known = new Map(before.columns.map((column) => [column.column, column]))
  return {
    ...before, whole: true,
    columns: header.map((column) => ({
      ...(known.get(column) ?? { column, sure: 'kept' as const, why: 'comes up later in the file', samples: [] }),
      field: mapping[column] ?? null, dateOrder: dateOrders[column] ?? null, decimal: decimals[column] ?? null,
    })),
  }
}
