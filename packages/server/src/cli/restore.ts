import { resolve } from 'node:path'
import { readEnv } from '../env.ts'
import { type Command, required, textOf, UsageError } from './command.ts'
import { runningInstance } from './instance.ts'
import { createProgress } from './progress.ts'

const usage = 'flowstate restore <file.tar.gz> [--force]'
const SHOWN = ['companies', 'customers', 'deals', 'interactions', 'changes', 'tasks']

export const restore: Command = {
  summary: 'Puts a backup into an empty data directory or database.',
  usage,
  help: 'The whole file is read and held to its sums before anything is touched; then integrity and links are checked, an older schema is brought up to date, and a newer one is refused. What is there already is left alone unless --force moves it aside: the database and files get a name that ends with the moment (on PostgreSQL, a schema of that name), and nothing is deleted.\nA backup is restored to the kind of database that it was made of.',
  most: 1,
  options: { force: { type: 'boolean', says: 'move what is there aside first; default: refuse' } },
  examples: [
    ['flowstate restore crm.tar.gz --data ./elsewhere', 'into a new place, to look at it'],
    ['DATABASE_URL=postgres://crm@db/crm flowstate restore crm.tar.gz', 'into an empty database on PostgreSQL'],
  ],
  async run({ positionals, values, json, out }) {
    const file = resolve(required(positionals[0], 'The file', usage))
    const env = readEnv(process.env, { data: textOf(values, 'data') })
    const instance = await runningInstance(env.dataDir)
    if (instance) throw new UsageError(`A server runs on ${env.dataDir} (${instance.url}, process ${instance.pid}). Stop it, and restore then; or restore into another place with --data DIR.`)
    const progress = createProgress({ json })
    const { databaseUrl = '', dataDir = env.dataDir, storageUrl } = env.options
    const { restoreBackup } = await import('../backup/restore.ts')
    const { manifest, rows, movedAside, warning } = await restoreBackup({ file, databaseUrl, dataDir, storageUrl, givenSecret: env.givenSecret, force: values.force === true, onProgress: (share, words) => progress.at(share, words) })
    progress.end('restored')
    const counts = SHOWN.filter((name) => rows[name] !== undefined).map((name) => `${rows[name]} ${name}`).join(', ')
    out.result({ createdAt: manifest.createdAt, version: manifest.version, dialect: manifest.dialect, workspaces: manifest.workspaces, rows, movedAside, warning }, [
      `Restored what Flowstate ${manifest.version} held at ${manifest.createdAt}: ${counts}.`,
      ...manifest.workspaces.map(({ slug, seq }) => `  ${slug}: up to change ${seq}`),
      ...movedAside.map((where) => `What was there before is now ${where}.`),
      ...(warning === null ? [] : ['', warning]),
    ].join('\n'))
  },
}
