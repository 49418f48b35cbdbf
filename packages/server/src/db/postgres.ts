import { type ClientBase, Pool, type PoolClient, types } from 'pg'
import type { Log } from '../log.ts'
import { workspaceOfWork } from './within.ts'
import { WORKSPACE_SETTING } from './isolation.ts'

const INT8 = 20
const TIMESTAMPS = [1114, 1184]
/** For a connection to be made, or one of the pool's to become free; after it a request is told to come again. */
const CONNECT_WAITS_MS = 10_000

interface PoolOptions { max?: number; role?: string }

/** A pool that outlives PostgreSQL's restarts. Counters and amounts are safe integers; timestamps stay text for the columns to read. */
export const openPool = (url: string, log: Log, { max = 10, role }: PoolOptions = {}): Pool => {
  const pool = new Pool({
    connectionString: url, max, connectionTimeoutMillis: CONNECT_WAITS_MS, keepAlive: true,
    // Before anything is asked on it; a connection that cannot be put into its role is not used.
    ...(role === undefined ? {} : { onConnect: (client: ClientBase) => client.query(`set role ${role}`).then(() => undefined) }),
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
  pool.on('connect', (client) => {
    // Nor has one that is lent out a listener of the pool's; its query is told, and between two queries there is nobody to tell.
    client.on('error', () => undefined)
  })
  return pool
}

/** Which workspace a connection shows; it stays so until another is asked for. */
const shown = new WeakMap<PoolClient, string>()

/**
 * A pool for readers: each query goes out on a connection that shows the workspace for which the current work is done (within.ts), and
 * no other; none where nobody has said for whom. Setting it is a round trip of its own, once in a while: a connection stays as it is.
 */
export const readingWithin = (pool: Pool): Pick<Pool, 'query' | 'connect'> => {
  const lend = async (): Promise<PoolClient> => {
    const workspaceId = workspaceOfWork() ?? ''
    const client = await pool.connect()
    if (shown.get(client) === workspaceId) return client
    try {
      shown.delete(client)
      await client.query(`select set_config('${WORKSPACE_SETTING}', $1, false)`, [workspaceId])
      shown.set(client, workspaceId)
      return client
    } catch (error) {
      client.release(true)
      throw error
    }
  }
  return {
    async query(...asked: unknown[]) {
      const client = await lend()
      let broken = true
      try {
        const answer = await (client.query as (...of: unknown[]) => Promise<unknown>)(...asked)
        broken = false
        return answer
      } finally {
        client.release(broken)
      }
    },
    connect: lend,
  } as Pick<Pool, 'query' | 'connect'>
}
