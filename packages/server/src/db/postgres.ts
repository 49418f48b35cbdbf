import { Pool, types } from 'pg'
import type { Log } from '../log.ts'

const INT8 = 20
const TIMESTAMPS = [1114, 1184]

/** A pool that outlives PostgreSQL's restarts. Counters and amounts are safe integers; timestamps stay text for the columns to read. */
export const openPool = (url: string, log: Log): Pool => {
  const pool = new Pool({
    connectionString: url, max: 10,
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
  return pool
}
