import type { Pool } from 'pg'
import type { Log } from '../log.ts'
import { START_LOCK } from './isolation.ts'

/** Where several servers share what they count. */
export interface Counters { client: Pick<Pool, 'query'>; schema: string; table: string }

const SCHEMA = 'flowstate_limits'
const TABLE = 'counters'
const INSUFFICIENT_PRIVILEGE = '42501'

/**
 * A table that is not logged: what is counted there may be forgotten when PostgreSQL crashes, and no write waits for a disk. In a schema of
 * its own, for it is in no backup. Made by the owner, at every start; answers whether it is there.
 */
export const makeCounters = async (owner: Pick<Pool, 'query'>, log: Pick<Log, 'warn'>): Promise<boolean> => {
  const { rows: [found] } = await owner.query<{ there: boolean }>('select to_regclass($1) is not null as there', [`${SCHEMA}.${TABLE}`])
  if (found?.there) return true
  try {
    // One transaction, as all that is sent together is.
    await owner.query(`select pg_advisory_xact_lock(${START_LOCK}); create schema if not exists ${SCHEMA}; create unlogged table if not exists ${SCHEMA}.${TABLE} (key text primary key, points integer not null default 0, expire bigint)`)
    return true
  } catch (error) {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error
    log.warn({ err: error }, `Each server counts by itself what may be tried, for the database's user may make no schema. To let them count together, have the database's owner run, for the user that DATABASE_URL names: create schema ${SCHEMA} authorization …`)
    return false
  }
}

export const countersOf = (client: Pick<Pool, 'query'>): Counters => ({ client, schema: SCHEMA, table: TABLE })
