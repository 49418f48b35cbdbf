import type { Database } from '../db/database.ts'
import { viewOf } from '../db/isolation.ts'
import type { Statement } from '../ledger/ledger.ts'
import { type SearchDoc } from './rank.ts'
import { type SQL, sql } from 'drizzle-orm'
import { trigramsOf, wordsOf } from './words.ts'

export interface IndexedDoc { noun: string; id: string; title: string; body: string }
interface Found { noun: string; id: string; title: string; body: string }

const MOST_CANDIDATES = 300
const RAREST = 6
const SHORTEST_FUZZY = 4

/**
 * The index: FTS5 over trigrams on SQLite, tsvector and pg_trgm on PostgreSQL. It only finds candidates, generously; rank.ts decides.
 * The tables are the index's own, written by the indexer alone.
 */
export const createSearchStore = ({ dialect, reader }: Database) => {
  const rows = async (query: SQL): Promise<Found[]> => {
    const found = dialect === 'sqlite' ? (reader as unknown as { all(query: SQL): Found[] }).all(query) : ((await reader.execute(query)) as unknown as { rows: Found[] }).rows
    return found
  }
  const within = (workspaceId: string, nouns: readonly string[]) => sql`d.workspace_id = ${workspaceId} and d.noun in (${sql.join(nouns.map((noun) => sql`${noun}`), sql`, `)})`
  const shown = sql.raw('d.noun as noun, d.record_id as id, d.title as title, d.body as body')

  const sqlite = {
    exact: (workspaceId: string, nouns: readonly string[], words: readonly string[]) => {
      const long = words.filter((word) => word.length >= 3)
      if (long.length === 0) return rows(sql`select ${shown} from search_docs d where ${within(workspaceId, nouns)} and (${sql.join(words.map((word) => sql`d.folded like ${`% ${word}%`}`), sql` and `)}) limit ${MOST_CANDIDATES}`)
      return match(workspaceId, nouns, long.map(quoted).join(' AND '))
    },
    /** One wrong letter spoils three trigrams at most; of the others the rarest find the word. */
    async fuzzy(workspaceId: string, nouns: readonly string[], words: readonly string[]) {
      const groups: string[] = []
      for (const word of words) {
        if (word.length < SHORTEST_FUZZY) continue
        const counted = (reader as unknown as { all(query: SQL): { term: string; doc: number }[] }).all(sql`select term, doc from search_terms where term in (${sql.join(trigramsOf(word).map((term) => sql`${term}`), sql`, `)}) order by doc limit ${RAREST}`)
        // A swap in a word of four leaves none: then its first letters must do.
        const terms = counted.map(({ term }) => quoted(term))
        if (terms.length > 0) groups.push(`(${terms.join(' OR ')})`)
      }
      if (groups.length === 0) return []
      const all = await match(workspaceId, nouns, groups.join(' AND '))
      return all.length > 0 ? all : match(workspaceId, nouns, groups.join(' OR '))
    },
    /** Words of four letters, of which one in the middle is wrong, share no trigram: they are found by their first or last two. */
    short: (workspaceId: string, nouns: readonly string[], word: string) =>
      rows(sql`select ${shown} from search_docs d where ${within(workspaceId, nouns)} and (${sql.join(edges(word).map((pattern) => sql`d.folded like ${pattern}`), sql` or `)}) limit ${MOST_CANDIDATES}`),
  }
  const match = (workspaceId: string, nouns: readonly string[], query: string) =>
    rows(sql`select ${shown} from search_index i join search_docs d on d.doc = i.rowid where search_index match ${query} and ${within(workspaceId, nouns)} order by bm25(search_index, 10.0, 1.0) limit ${MOST_CANDIDATES}`)

  const searched = sql.raw(viewOf('search_docs'))
  const postgres = {
    exact: (workspaceId: string, nouns: readonly string[], words: readonly string[]) => {
      const query = words.map((word) => `${word}:*`).join(' & ')
      return rows(sql`select ${shown} from ${searched} d where ${within(workspaceId, nouns)} and (d.tsv @@ to_tsquery('simple', ${query}) or (${sql.join(words.map((word) => sql`d.folded like ${`%${word}%`}`), sql` and `)})) order by ts_rank(d.tsv, to_tsquery('simple', ${query})) desc, d.record_id desc limit ${MOST_CANDIDATES}`)
    },
    async fuzzy(workspaceId: string, nouns: readonly string[], words: readonly string[]) {
      const long = words.filter((word) => word.length >= SHORTEST_FUZZY)
      if (long.length === 0) return []
      const by = (joint: SQL) => rows(sql`select ${shown} from ${searched} d where ${within(workspaceId, nouns)} and (${sql.join(long.map((word) => sql`${word} <% d.folded`), joint)}) order by ${sql.join(long.map((word) => sql`word_similarity(${word}, d.folded)`), sql` + `)} desc, d.record_id desc limit ${MOST_CANDIDATES}`)
      const all = await by(sql` and `)
      return all.length > 0 ? all : by(sql` or `)
    },
    short: (workspaceId: string, nouns: readonly string[], word: string) =>
      rows(sql`select ${shown} from ${searched} d where ${within(workspaceId, nouns)} and (${sql.join(edges(word).map((pattern) => sql`d.folded like ${pattern}`), sql` or `)}) limit ${MOST_CANDIDATES}`),
  }
  const finder = dialect === 'sqlite' ? sqlite : postgres

  return {
    exact: (workspaceId: string, nouns: readonly string[], words: readonly string[]): Promise<SearchDoc[]> => finder.exact(workspaceId, nouns, words),
    fuzzy: (workspaceId: string, nouns: readonly string[], words: readonly string[]): Promise<SearchDoc[]> => finder.fuzzy(workspaceId, nouns, words),
    short: (workspaceId: string, nouns: readonly string[], word: string): Promise<SearchDoc[]> => finder.short(workspaceId, nouns, word),

    /** How far the index has followed the feed. */
    async indexedSeq(workspaceId: string): Promise<number> {
      const query = sql`select indexed_seq as seq from workspaces where id = ${workspaceId}`
      const [row] = dialect === 'sqlite' ? (reader as unknown as { all(query: SQL): { seq: number }[] }).all(query) : ((await reader.execute(query)) as unknown as { rows: { seq: number }[] }).rows
      return Number(row?.seq ?? 0)
    },

    /** The statements that put documents in the place of what is known of these records, and move the index on; refused (`indexed`) when another did so first. */
    replace(workspaceId: string, ids: readonly string[], docs: readonly IndexedDoc[], from: number, to: number): Statement[] {
      const statements: Statement[] = [
        { sql: dialect === 'sqlite' ? 'update workspaces set indexed_seq = ? where id = ? and indexed_seq = ?' : 'update workspaces set indexed_seq = $1 where id = $2 and indexed_seq = $3', params: [to, workspaceId, from], expect: { rows: 1, otherwise: 'indexed' } },
      ]
      if (ids.length === 0) return statements
      if (dialect === 'sqlite') {
        // One by one: asked for a list of rows, FTS5 reads the whole index.
        for (const id of ids) statements.push({ sql: 'delete from search_index where rowid = (select doc from search_docs where workspace_id = ? and record_id = ?)', params: [workspaceId, id] })
        statements.push({ sql: 'delete from search_docs where workspace_id = ? and record_id in (select value from json_each(?))', params: [workspaceId, JSON.stringify(ids)] })
        if (docs.length > 0) {
          const added = JSON.stringify(docs.map(({ noun, id, title, body }) => [noun, id, title, body, spaced(title), spaced(body)]))
          statements.push(
            { sql: "insert into search_docs (workspace_id, noun, record_id, title, body, folded) select ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, (value ->> 4) || (value ->> 5) from json_each(?)", params: [workspaceId, added] },
            { sql: 'insert into search_index (rowid, title, body) select d.doc, value ->> 4, value ->> 5 from json_each(?) cross join search_docs d on d.workspace_id = ? and d.record_id = value ->> 1', params: [added, workspaceId] },
          )
        }
        return statements
      }
      statements.push({ sql: 'delete from search_docs where workspace_id = $1 and record_id = any($2)', params: [workspaceId, ids] })
      if (docs.length > 0) {
        statements.push({
          sql: "insert into search_docs (workspace_id, noun, record_id, title, body, folded, tsv) select $1, n, r, t, b, ft || fb, setweight(to_tsvector('simple', ft), 'A') || setweight(to_tsvector('simple', fb), 'B') from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) as v(n, r, t, b, ft, fb)",
          params: [workspaceId, docs.map(({ noun }) => noun), docs.map(({ id }) => id), docs.map(({ title }) => title), docs.map(({ body }) => body), docs.map(({ title }) => spaced(title)), docs.map(({ body }) => spaced(body))],
        })
      }
      return statements
    },
  }
}
export type SearchStore = ReturnType<typeof createSearchStore>

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
/** Words between spaces, so that where one begins and ends can be asked for. */
const spaced = (text: string): string => ` ${wordsOf(text).join(' ')} `
const edges = (word: string): string[] => [`% ${word.slice(0, 2)}%`, `%${word.slice(-2)} %`]
