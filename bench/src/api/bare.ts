import { createServer } from 'node:http'
import { randomUUID } from 'node:crypto'
import Database from 'better-sqlite3'
import { anywhere, answer, read } from './bare-http.ts'
import { dealJson, interactionJson, pageJson, type Reads, type Row, type StageRules } from './shapes.ts'

/**
 * The limit: bare node:http and prepared statements on the same tables, giving the same JSON. No authentication, no validation,
 * no ledger; writes are synced one by one (`synchronous=FULL`, no grouping).
 */
const [file = '', workspaceId = ''] = process.argv.slice(2)
const db = new Database(file)
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
db.pragma('mmap_size = 4294967296')

const reads: Reads = { json: (value) => JSON.parse(value as string) as unknown, instant: (value) => value }
const stages = new Map((db.prepare('select id, probability, rotting_days as rottingDays from stages where workspace_id = ?').all(workspaceId) as ({ id: string } & StageRules)[]).map((stage) => [stage.id as unknown, stage]))
const deal = (row: Row) => dealJson(reads, stages, row, Date.now())
const interaction = (row: Row) => interactionJson(reads, row)

const stageList = db.prepare('select * from deals where workspace_id = ? and stage_id = ? and archived_at is null order by position, id limit ?')
const timeline = db.prepare('select * from interactions where workspace_id = ? and customer_id = ? and archived_at is null order by occurred_at desc, id desc limit ?')
const one = db.prepare('select * from deals where workspace_id = ? and id = ?')
const insert = db.prepare("insert into interactions (workspace_id, id, kind, subject, body, occurred_at, customer_id, tags, custom_fields, version, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, '[]', '{}', 1, ?, ?)")
const oneInteraction = db.prepare('select * from interactions where workspace_id = ? and id = ?')
const move = db.prepare('update deals set stage_entered_at = case when stage_id = ? then stage_entered_at else ? end, stage_id = ?, position = ?, version = version + 1, updated_at = ? where workspace_id = ? and id = ?')

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://bare')
  if (request.method === 'GET' && url.pathname === '/api/v1/deals') {
    const limit = Number(url.searchParams.get('limit'))
    return answer(response, 200, pageJson(stageList.all(workspaceId, url.searchParams.get('stageId'), limit + 1) as Row[], limit, (row) => ['position', row.position, row.id], deal))
  }
  if (request.method === 'GET' && url.pathname === '/api/v1/interactions') {
    const limit = Number(url.searchParams.get('limit'))
    return answer(response, 200, pageJson(timeline.all(workspaceId, url.searchParams.get('customerId'), limit + 1) as Row[], limit, (row) => ['-occurredAt', row.occurred_at, row.id], interaction))
  }
  if (request.method === 'GET') return answer(response, 200, deal(one.get(workspaceId, url.pathname.slice('/api/v1/deals/'.length)) as Row))
  const body = await read(request)
  const at = new Date().toISOString()
  if (url.pathname === '/api/v1/interactions') {
    const id = `int_${randomUUID()}`
    insert.run(workspaceId, id, body.kind, body.subject, body.body, at, body.customerId, at, at)
    return answer(response, 201, interaction(oneInteraction.get(workspaceId, id) as Row))
  }
  const id = url.pathname.split('/')[4]
  move.run(body.stageId, at, body.stageId, anywhere(), at, workspaceId, id)
  return answer(response, 200, deal(one.get(workspaceId, id) as Row))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') process.stdout.write(`${JSON.stringify({ port: address.port })}\n`)
})
process.once('SIGTERM', () => process.exit(0))
