import { createServer } from 'node:http'
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Pool as PoolOf } from 'pg'
import { anywhere, answer, read } from './bare-http.ts'
import { dealJson, interactionJson, pageJson, type Reads, type Row, type StageRules } from './shapes.ts'

/** The limit on PostgreSQL: bare node:http and `pg`'s named statements on the same tables, giving the same JSON; each write a transaction of its own. */
const [url = '', workspaceId = ''] = process.argv.slice(2)
// The driver that the server itself uses, from the repository's own modules.
const { Pool, types } = createRequire(new URL('../../../packages/server/package.json', import.meta.url))('pg') as { Pool: typeof PoolOf; types: { getTypeParser(oid: number, format: 'text'): (text: string) => unknown } }
const [INT8, TIMESTAMPTZ] = [20, 1184]
const pool = new Pool({
  connectionString: url, max: 10,
  types: { getTypeParser: ((oid: number) => (oid === INT8 ? Number : oid === TIMESTAMPTZ ? (text: string) => text : types.getTypeParser(oid, 'text'))) as never },
})
const run = async (name: string, text: string, values: unknown[]): Promise<Row[]> => (await pool.query({ name, text, values })).rows as Row[]

const reads: Reads = { json: (value) => value, instant: (value) => (value === null ? null : new Date(value as string).toISOString()) }
const stages = new Map((await run('stages', 'select id, probability, rotting_days as "rottingDays" from stages where workspace_id = $1', [workspaceId])).map((stage) => [stage.id, stage as unknown as StageRules]))
const deal = (row: Row) => dealJson(reads, stages, row, Date.now())
const interaction = (row: Row) => interactionJson(reads, row)
const oneDeal = (id: unknown) => run('one', 'select * from deals where workspace_id = $1 and id = $2', [workspaceId, id])

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://bare')
  if (request.method === 'GET' && pathname === '/api/v1/deals') {
    const limit = Number(searchParams.get('limit'))
    const rows = await run('stage', 'select * from deals where workspace_id = $1 and stage_id = $2 and archived_at is null order by position, id limit $3', [workspaceId, searchParams.get('stageId'), limit + 1])
    return answer(response, 200, pageJson(rows, limit, (row) => ['position', row.position, row.id], deal))
  }
  if (request.method === 'GET' && pathname === '/api/v1/interactions') {
    const limit = Number(searchParams.get('limit'))
    const rows = await run('timeline', 'select * from interactions where workspace_id = $1 and customer_id = $2 and archived_at is null order by occurred_at desc, id desc limit $3', [workspaceId, searchParams.get('customerId'), limit + 1])
    return answer(response, 200, pageJson(rows, limit, (row) => ['-occurredAt', row.occurred_at, row.id], interaction))
  }
  if (request.method === 'GET') return answer(response, 200, deal((await oneDeal(pathname.slice('/api/v1/deals/'.length)))[0] ?? {}))
  const body = await read(request)
  const at = new Date().toISOString()
  if (pathname === '/api/v1/interactions') {
    const rows = await run('insert', "insert into interactions (workspace_id, id, kind, subject, body, occurred_at, customer_id, tags, custom_fields, version, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, '[]', '{}', 1, $6, $6) returning *", [workspaceId, `int_${randomUUID()}`, body.kind, body.subject, body.body, at, body.customerId])
    return answer(response, 201, interaction(rows[0] ?? {}))
  }
  const rows = await run('move', 'update deals set stage_entered_at = case when stage_id = $1 then stage_entered_at else $3::timestamptz end, stage_id = $1, position = $2, version = version + 1, updated_at = $3::timestamptz where workspace_id = $4 and id = $5 returning *', [body.stageId, anywhere(), at, workspaceId, pathname.split('/')[4]])
  return answer(response, 200, deal(rows[0] ?? {}))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') process.stdout.write(`${JSON.stringify({ port: address.port })}\n`)
})
process.once('SIGTERM', () => process.exit(0))
