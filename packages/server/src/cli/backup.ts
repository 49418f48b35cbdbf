import { createWriteStream, existsSync } from 'node:fs'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Manifest } from '../backup/manifest.ts'
import { LAST_BACKUP } from '../doctor/machine.ts'
import { type Env, readEnv } from '../env.ts'
import { type Command, required, textOf, UsageError } from './command.ts'
import { synced } from './export.ts'
import { type Instance, runningInstance } from './instance.ts'
import { bytesText, createProgress } from './progress.ts'

const usage = 'flowstate backup <file.tar.gz> [--with-secret] [--force]'

export const backup: Command = {
  summary: 'Writes everything into one file, while the server goes on serving.',
  usage,
  help: 'The file holds the database as it stood at one moment after the command began, so that every write that was acknowledged before is in it, and the files that belong to it. It appears when it is whole, on the disk, and read back against its sums.\nThe instance\'s secret is not in it: who has the backup alone cannot sign tokens. But keys open nothing under another secret, so keep it in a place of its own (it is DIR/secret, or FLOWSTATE_SECRET), or say --with-secret and guard the file like a password.',
  most: 1,
  options: {
    'with-secret': { type: 'boolean', says: 'put the instance\'s secret into it, so that a restore needs nothing else' },
    force: { type: 'boolean', says: 'overwrite the file if there is one' },
  },
  examples: [
    ['flowstate backup backups/$(date +%F).tar.gz', 'what a nightly job would do'],
    ['flowstate restore backups/2026-11-26.tar.gz --data ./elsewhere', 'and that it can be relied on'],
  ],
  async run({ positionals, values, json, out }) {
    const file = resolve(required(positionals[0], 'The file', usage))
    if (existsSync(file) && values.force !== true) throw new UsageError(`There is a file ${file} already. Choose another name, or overwrite it with --force.`)
    if (!existsSync(dirname(file))) throw new UsageError(`There is no folder ${dirname(file)}. Create it first.`)
    const env = readEnv(process.env, { data: textOf(values, 'data') })
    const partial = `${file}.partial`
    const progress = createProgress({ json })
    const stopping = new AbortController()
    process.once('SIGINT', () => stopping.abort(new Error('Stopped; nothing was kept.')))
    try {
      const { readArchive } = await import('../backup/archive.ts')
      const { bytes, estimate } = await bytesOf(env, values['with-secret'] === true, (share) => progress.at(share * 0.3, 'copying the database'), stopping.signal)
      let read = 0
      const counted = async function* () {
        for await (const chunk of bytes) {
          progress.at(0.3 + 0.5 * Math.min(1, (read += chunk.length) / Math.max(1, estimate)), `writing ${bytesText(read)}`)
          yield chunk
        }
      }
      await pipeline(counted(), createGzip({ level: 4 }), createWriteStream(partial, { mode: 0o600 }), { signal: stopping.signal })
      await synced(partial)
      const manifest = await readArchive(partial, drain, (share) => progress.at(0.8 + share * 0.2, 'checking'))
      await rename(partial, file)
      await synced(dirname(file))
      const { size } = await stat(file)
      // For flowstate doctor, which says how old it is.
      await writeFile(join(env.dataDir, LAST_BACKUP), JSON.stringify({ at: manifest.createdAt, file, bytes: size }), { mode: 0o600 }).catch(() => undefined)
      progress.end(bytesText(size))
      out.result(documentOf(file, size, manifest), words(file, size, manifest))
    } catch (error) {
      await rm(partial, { force: true })
      throw stopping.signal.aborted ? stopping.signal.reason : error
    }
  },
}

const drain = async (_name: string, body: AsyncIterable<Buffer>): Promise<void> => {
  for await (const _ of body) continue
}

/** From the server that runs here, or from the database itself. */
const bytesOf = async (env: Env, withSecret: boolean, onProgress: (share: number) => void, signal: AbortSignal): Promise<{ bytes: AsyncIterable<Uint8Array>; estimate: number }> => {
  const instance = await runningInstance(env.dataDir)
  if (instance) return fromServer(instance, withSecret, signal)
  const { databaseUrl = '', dataDir = env.dataDir, storageUrl } = env.options
  const { isPostgres, openBackup } = await import('../backup/backup.ts')
  if (!isPostgres(databaseUrl) && !existsSync(env.dataDir)) throw new UsageError(`There is no data directory ${env.dataDir}. Say with --data where it lies.`)
  return openBackup({ databaseUrl, dataDir, storageUrl, secret: env.secret, withSecret, onProgress })
}

const fromServer = async ({ url, secret }: Instance, withSecret: boolean, signal: AbortSignal): Promise<{ bytes: AsyncIterable<Uint8Array>; estimate: number }> => {
  const response = await fetch(`${url}/instance/backup`, {
    method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }, body: JSON.stringify({ withSecret }), signal,
  })
  if (response.ok && response.body) return { bytes: response.body as AsyncIterable<Uint8Array>, estimate: Number(response.headers.get('flowstate-bytes') ?? 0) }
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: string }
  throw new Error(detail ?? `The server answered ${response.status}.`)
}

const documentOf = (file: string, bytes: number, { createdAt, dialect, version, workspaces, secret, parts }: Manifest) => ({ file, bytes, createdAt, dialect, version, workspaces, secretIncluded: secret.included, files: parts.filter(({ name }) => name.startsWith('files/')).length })

const words = (file: string, bytes: number, { workspaces, secret }: Manifest): string => [
  `Backed up to ${file} (${bytesText(bytes)}).`,
  ...workspaces.map(({ slug, seq }) => `  ${slug}: up to change ${seq}`),
  secret.included ? 'The secret is in it: guard it like a password.' : 'The secret is not in it; keep that apart, for the keys need it (--with-secret puts it in).',
  `Restore it with: flowstate restore ${file} --data DIR`,
].join('\n')
