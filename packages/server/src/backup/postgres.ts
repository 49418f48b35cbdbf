import { Client } from 'pg'
import type { ArchivePart } from './archive.ts'
import type { Snapshot } from './sqlite.ts'

export interface Table { name: string; columns: { name: string; type: string }[] }
const ROWS_AT_A_TIME = 500
const PART_BYTES = 1_048_576

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Our tables with their columns, those that others point to first. */
export const tablesIn = async (client: Client): Promise<Table[]> => {
  const { rows } = await client.query<{ name: string; columns: { name: string; type: string }[] }>(`
    select c.relname as name, json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' group by c.relname order by c.relname`)
  const { rows: links } = await client.query<{ from: string; to: string }>(`
    select f.relname as from, t.relname as to from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid join pg_namespace n on n.oid = f.relnamespace
    where k.contype = 'f' and n.nspname = 'public' and f.oid <> t.oid`)
  const ordered: Table[] = []
  const visit = (table: Table, path: readonly string[]): void => {
    if (ordered.includes(table) || path.includes(table.name)) return
    for (const { to } of links.filter(({ from }) => from === table.name)) {
      const target = rows.find(({ name }) => name === to)
      if (target) visit(target, [...path, table.name])
    }
    ordered.push(table)
  }
  for (const table of rows) visit(table, [])
  return ordered
}

/** A PostgreSQL database as it is at one moment: one read-only transaction at REPEATABLE READ, which holds nobody up. */
export const openPostgresDump = async (url: string): Promise<{ snapshot: Snapshot; estimate: number; parts(): AsyncGenerator<ArchivePart>; close(): Promise<void> }> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query("set timezone = 'UTC'")
    await client.query('begin isolation level repeatable read read only')
    const tables = await tablesIn(client)
    if (!tables.some(({ name }) => name === 'workspaces')) throw new Error('This database holds no Flowstate yet; there is nothing to back up.')
    const { rows: workspaces } = await client.query<{ id: string; slug: string; seq: string }>('select id, slug, seq from workspaces order by id')
    const { rows: applied } = await client.query<{ hash: string }>('select hash from drizzle.__drizzle_migrations order by id')
    const { rows: [size] } = await client.query<{ bytes: string }>("select coalesce(sum(pg_table_size(c.oid)), 0) as bytes from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r'")
    const snapshot: Snapshot = { workspaces: workspaces.map((row) => ({ ...row, seq: Number(row.seq) })), migrations: applied.map(({ hash }) => hash), tables: [] }
    return {
      snapshot, estimate: Number(size?.bytes ?? 0),
      async *parts() {
        for (const table of tables) {
          const known = { name: table.name, columns: table.columns.map(({ name }) => name), rows: 0 }
          snapshot.tables.push(known)
          yield* partsOf(client, table, (rows) => { known.rows += rows })
        }
      },
      close: () => client.end(),
    }
  } catch (error) {
    await client.end()
    throw error
  }
}

/** Rows as arrays of texts, each as PostgreSQL itself would print it: exact for every type, a JSON `null` and no value included. */
async function* partsOf(client: Client, { name, columns }: Table, count: (rows: number) => void): AsyncGenerator<ArchivePart> {
  await client.query(`declare dump no scroll cursor for select json_build_array(${columns.map((column) => `${quoted(column.name)}::text`).join(', ')})::text as line from ${quoted(name)}`)
  let lines: string[] = []
  let size = 0
  let index = 0
  const flush = (): ArchivePart => {
    const body = Buffer.from(lines.join(''))
    count(lines.length)
    lines = []
    size = 0
    return { name: `tables/${name}/${String(index++).padStart(6, '0')}.jsonl`, size: body.length, body }
  }
  for (;;) {
    const { rows } = await client.query<{ line: string }>(`fetch ${ROWS_AT_A_TIME} from dump`)
    for (const { line } of rows) {
      lines.push(`${line}\n`)
      size += line.length
      if (size >= PART_BYTES) yield flush()
    }
    if (rows.length === 0) break
  }
  if (lines.length > 0) yield flush()
  await client.query('close dump')
}
