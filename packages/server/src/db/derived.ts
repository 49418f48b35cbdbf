import { type SQL, sql } from 'drizzle-orm'
import type { Dialect } from './columns.ts'
import type { Tables } from './schema.ts'

/** The filters of deals that stand on no column. */
export const derivedFiltersOf = (dialect: Dialect, { deals, stages }: Tables): Record<string, SQL> => ({
  rotting: sql`(${deals.status} = 'open' and exists (select 1 from ${stages} where ${stages.workspaceId} = ${deals.workspaceId} and ${stages.id} = ${deals.stageId} and ${dialect === 'sqlite' ? sql`${deals.stageEnteredAt} <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || ${stages.rottingDays} || ' days')` : sql`${deals.stageEnteredAt} <= now() - make_interval(days => ${stages.rottingDays})`}))`,
})

/** What a deal shows that follows from its stage and the clock; deals/derived.ts says the same of a record that is about to be written. */
export const derivedColumnsOf = (dialect: Dialect, { deals, stages }: Tables): Record<string, SQL> => {
  const ofStage = sql`from ${stages} where ${stages.workspaceId} = ${deals.workspaceId} and ${stages.id} = ${deals.stageId}`
  if (dialect === 'sqlite') {
    return {
      weightedValue: sql`json((select case when ${deals.valueAmount} is null then null else json_object('amount', cast(round(${deals.valueAmount} * ${stages.probability}) as integer), 'currency', ${deals.valueCurrency}) end ${ofStage}))`,
      rotting: sql`json((select case when ${deals.status} = 'open' and ${stages.rottingDays} is not null and ${deals.stageEnteredAt} <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || ${stages.rottingDays} || ' days') then 'true' else 'false' end ${ofStage}))`,
    }
  }
  return {
    weightedValue: sql`(select case when ${deals.valueAmount} is null then null else json_build_object('amount', round((${deals.valueAmount} * ${stages.probability})::numeric)::bigint, 'currency', ${deals.valueCurrency}) end ${ofStage})`,
    rotting: sql`(select ${deals.status} = 'open' and ${stages.rottingDays} is not null and ${deals.stageEnteredAt} <= now() - make_interval(days => ${stages.rottingDays}) ${ofStage})`,
  }
}

/** What became of a pair of duplicates: a person's word, else what became of the change set that merges it or would. */
export const duplicateStateOf = ({ duplicates, changeSets }: Tables): SQL => sql`case when ${duplicates.state} = 'dismissed' then 'dismissed' else coalesce((select case ${changeSets.state} when 'rejected' then 'dismissed' when 'applied' then 'merged' when 'applying' then 'merged' when 'reverting' then 'merged' else 'open' end from ${changeSets} where ${changeSets.workspaceId} = ${duplicates.workspaceId} and ${changeSets.id} = ${duplicates.changeSetId}), 'open') end`
