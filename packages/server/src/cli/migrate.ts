import { readEnv } from '../env.ts'
import type { Command } from './command.ts'

export const migrate: Command = {
  summary: 'Brings the database\'s schema up to date, and stops. Serving does so by itself.',
  usage: 'flowstate migrate',
  most: 0,
  help: 'Run it before the first of several servers starts, so that none of them has to wait. A migration that fails leaves the schema as it was.',
  examples: [['DATABASE_URL=postgres://crm@db/crm flowstate migrate', 'a database on PostgreSQL']],
  async run({ values, out }) {
    const env = readEnv(process.env, { data: values.data as string | undefined })
    const { openDatabase } = await import('../db/open.ts')
    const database = await openDatabase({ url: env.options.databaseUrl ?? '' })
    await database.close()
    out.result({ migrated: true, dialect: database.dialect }, 'The schema is up to date.')
  },
}
