/** A row as either driver gives it: columns by their names in the database. */
export type Row = Record<string, unknown>
/** What a deal takes from its stage; a bare server keeps the few stages there are in a map. */
export interface StageRules { probability: number; rottingDays: number | null }
/** How a driver's values become JSON's: SQLite holds instants and JSON as text, `pg` has its own text for instants and parses jsonb. */
export interface Reads { json(value: unknown): unknown; instant(value: unknown): unknown }

const DAY_MS = 86_400_000

export const dealJson = ({ json, instant }: Reads, stages: ReadonlyMap<unknown, StageRules>, row: Row, now: number) => {
  const stage = stages.get(row.stage_id)
  const entered = instant(row.stage_entered_at)
  return {
    id: row.id, pipelineId: row.pipeline_id, stageId: row.stage_id, position: row.position, status: row.status, title: row.title, companyId: row.company_id, customerId: row.customer_id,
    value: row.value_amount === null ? null : { amount: row.value_amount, currency: row.value_currency }, expectedCloseDate: row.expected_close_date, wonReason: row.won_reason, lostReason: row.lost_reason,
    description: row.description, ownerId: row.owner_id, tags: json(row.tags), externalId: row.external_id, customFields: json(row.custom_fields), closedAt: instant(row.closed_at), stageEnteredAt: entered,
    version: row.version, createdAt: instant(row.created_at), updatedAt: instant(row.updated_at), archivedAt: instant(row.archived_at),
    weightedValue: row.value_amount === null || !stage ? null : { amount: Math.round(Number(row.value_amount) * stage.probability), currency: row.value_currency },
    rotting: row.status === 'open' && stage != null && stage.rottingDays !== null && entered !== null && Date.parse(String(entered)) <= now - stage.rottingDays * DAY_MS,
  }
}

export const interactionJson = ({ json, instant }: Reads, row: Row) => ({
  id: row.id, kind: row.kind, direction: row.direction, subject: row.subject, body: row.body, occurredAt: instant(row.occurred_at), durationMinutes: row.duration_minutes,
  customerId: row.customer_id, companyId: row.company_id, dealId: row.deal_id, tags: json(row.tags), externalId: row.external_id, customFields: json(row.custom_fields), participants: json(row.participants), attachments: json(row.attachments),
  version: row.version, createdAt: instant(row.created_at), updatedAt: instant(row.updated_at), archivedAt: instant(row.archived_at),
})

export const pageJson = (rows: Row[], limit: number, cursorOf: (row: Row) => unknown[], json: (row: Row) => unknown) => {
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return { items: (last ? rows.slice(0, limit) : rows).map(json), nextCursor: last ? Buffer.from(JSON.stringify(cursorOf(last))).toString('base64url') : null }
}
