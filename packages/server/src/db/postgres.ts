import { Pool, types } from 'pg'
import type { Log } from '../log.ts'

const INT8 = 20
const TIMESTAMPS = [1114, 1184]
/** For a connection to be made, or one of the pool's to become free; after it a request is told to come again. */
const CONNECT_WAITS_MS = 10_000

/** A pool that outlives PostgreSQL's restarts. Counters and amounts are safe integers; timestamps stay text for the columns to read. */
export const openPool = (url: string, log: Log): Pool => {
  const pool = new Pool({
    connectionString: url, max: 10, connectionTimeoutMillis: CONNECT_WAITS_MS, keepAlive: true,
    // How alike a word must be for the search to consider it; rank.ts decides.
    options: '-c pg_trgm.word_similarity_threshold=0.3',
    types: {
      getTypeParser: ((oid: number, format: 'text' | 'binary') => {
        if (oid === INT8) return Number
        if (TIMESTAMPS.includes(oid)) return (text: string) => text
        return types.getTypeParser(oid, format as 'text')
      }) as typeof types.getTypeParser,
    },
  })
  // Without a listener an idle connection that PostgreSQL ends would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'PostgreSQL ended an idle connection; the next query opens another'))
  // Nor has one that is lent out a listener of the pool's; its query is told, and between two queries there is nobody to tell.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
