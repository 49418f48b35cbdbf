import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { randomUUID } from 'node:crypto'
import Database from 'better-sqlite3'

/**
 * The limit: bare node:http and prepared statements on the same tables, giving the same JSON. No authentication, no validation,
 * no ledger; writes are synced one by one (`synchronous=FULL`, no grouping).
 */
const [file = '', workspaceId = ''] = process.argv.slice(2)
const db = new Database(file)
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
db.pragma('mmap_size = 1073741824')

type Row = Record<string, unknown>
const dealJson = (row: Row) => ({
  id: row.id, pipelineId: row.pipeline_id, stageId: row.stage_id, position: row.position, status: row.status, title: row.title, companyId: row.company_id, customerId: row.customer_id,
  value: row.value_amount === null ? null : { amount: row.value_amount, currency: row.value_currency }, expectedCloseDate: row.expected_close_date, lostReason: row.lost_reason,
  description: row.description, externalId: row.external_id, customFields: JSON.parse(String(row.custom_fields)) as unknown, closedAt: row.closed_at,
  version: row.version, createdAt: row.created_at, updatedAt: row.updated_at, archivedAt: row.archived_at,
})
const interactionJson = (row: Row) => ({
  id: row.id, kind: row.kind, direction: row.direction, subject: row.subject, body: row.body, occurredAt: row.occurred_at, durationMinutes: row.duration_minutes,
  customerId: row.customer_id, companyId: row.company_id, dealId: row.deal_id, externalId: row.external_id, customFields: JSON.parse(String(row.custom_fields)) as unknown,
  version: row.version, createdAt: row.created_at, updatedAt: row.updated_at, archivedAt: row.archived_at,
})

const stageList = db.prepare('select * from deals where workspace_id = ? and stage_id = ? and archived_at is null order by position, id limit 51')
const timeline = db.prepare('select * from interactions where workspace_id = ? and customer_id = ? and archived_at is null order by occurred_at desc, id desc limit 51')
const one = db.prepare('select * from deals where workspace_id = ? and id = ?')
const insert = db.prepare("insert into interactions (workspace_id, id, kind, subject, body, occurred_at, customer_id, custom_fields, version, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, '{}', 1, ?, ?)")
const move = db.prepare('update deals set stage_id = ?, position = ?, version = version + 1, updated_at = ? where workspace_id = ? and id = ?')

const page = (rows: Row[], json: (row: Row) => unknown) => {
  const items = rows.slice(0, 50)
  const last = items.at(-1)
  return { items: items.map(json), nextCursor: rows.length > 50 && last ? Buffer.from(JSON.stringify([last.id])).toString('base64url') : null }
}

const answer = (response: ServerResponse, status: number, value: unknown) => {
  const body = JSON.stringify(value)
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

const read = async (request: IncomingMessage): Promise<Row> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as Row
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://bare')
  const at = new Date().toISOString()
  if (request.method === 'GET' && url.pathname === '/api/v1/deals') return answer(response, 200, page(stageList.all(workspaceId, url.searchParams.get('stageId')) as Row[], dealJson))
  if (request.method === 'GET' && url.pathname === '/api/v1/interactions') return answer(response, 200, page(timeline.all(workspaceId, url.searchParams.get('customerId')) as Row[], interactionJson))
  if (request.method === 'GET') return answer(response, 200, dealJson(one.get(workspaceId, url.pathname.slice('/api/v1/deals/'.length)) as Row))
  const body = await read(request)
  if (url.pathname === '/api/v1/interactions') {
    const id = `int_${randomUUID()}`
    insert.run(workspaceId, id, body.kind, body.subject, body.body, at, body.customerId, at, at)
    return answer(response, 201, { id, ...body, version: 1, createdAt: at, updatedAt: at })
  }
  const id = url.pathname.split('/')[4]
  move.run(body.stageId, `a${Math.random().toString(36).slice(2, 8)}V`, at, workspaceId, id)
  return answer(response, 200, dealJson(one.get(workspaceId, id) as Row))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') process.stdout.write(`${JSON.stringify({ port: address.port })}\n`)
})
