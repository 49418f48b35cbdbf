import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { filesDir, isPostgres, sqliteFile } from '../backup/backup.ts'
import type { Instance } from '../cli/instance.ts'
import type { Env } from '../env.ts'
import { createFiles } from '../files/files.ts'
import { linesOf } from '../keyring/source.ts'
import { causeOf, type Finding, ok, unknown, warning, wrong } from './finding.ts'

const OLDEST_NODE = 22
const GIB = 1_024 ** 3
const LOW_BYTES = GIB
const FULL_BYTES = GIB / 10

export const nodeVersion = (version = process.versions.node): Finding =>
  (Number(version.split('.', 1)[0]) >= OLDEST_NODE ? ok('node', `Node ${version}.`) : wrong('node', `Node ${version} is too old.`, `Run it through npm, which brings its own, or install Node ${OLDEST_NODE} or newer.`))

/** What others on this machine may read or change. */
export const fileModes = ({ dataDir, options: { databaseUrl = '' } }: Env): Finding[] => {
  if (!existsSync(dataDir)) return [unknown('files', `There is no data directory ${dataDir} yet; the first start makes it.`)]
  const found: Finding[] = []
  const folder = statSync(dataDir)
  if ((folder.mode & 0o022) !== 0) found.push(wrong('files', `Others than its owner may write to ${dataDir} (mode ${modeOf(folder.mode)}), and put a secret of theirs there.`, `chmod 700 ${dataDir}`))
  const enterable = (folder.mode & 0o011) !== 0
  for (const name of ['secret', 'instance.json']) {
    const file = join(dataDir, name)
    if (existsSync(file) && (statSync(file).mode & 0o077) !== 0) found.push(wrong('files', `Others than its owner may read ${file} (mode ${modeOf(statSync(file).mode)}).`, `chmod 600 ${file}${name === 'secret' && enterable ? ', and, since somebody may have read it: flowstate secrets rotate --end-previous' : ''}`))
  }
  const database = isPostgres(databaseUrl) ? null : sqliteFile(databaseUrl)
  if (database !== null && enterable && existsSync(database) && (statSync(database).mode & 0o044) !== 0) found.push(warning('files', `Everybody on this machine may read the database (${database}, mode ${modeOf(statSync(database).mode)}).`, `chmod 700 ${dataDir}`))
  if (folder.uid !== (process.getuid?.() ?? folder.uid)) found.push(warning('files', `${dataDir} belongs to another user (${folder.uid}) than the one that runs this (${process.getuid?.()}).`, 'Run it as the server\'s user, or what it writes there cannot be changed by the server.'))
  return found.length > 0 ? found : [ok('files', `${dataDir} and what is secret in it are its owner's alone.`)]
}

const FEW_CHARACTERS = 10
/** Whether there is one, where, and whether it can be guessed. */
export const secretKept = ({ dataDir, givenSecret }: Env): Finding[] => {
  const file = join(dataDir, 'secret')
  const secrets = givenSecret ?? (existsSync(file) ? linesOf(readFileSync(file, 'utf8')) : null)
  if (secrets === null) return [unknown('secret', 'There is none yet; the first start makes one.')]
  const [newest = ''] = secrets
  if (secrets.length === 0 || secrets.some(({ length }) => length < 32)) return [wrong('secret', `${file} holds no secret of at least 32 characters.`, 'Put the one back that was there, or nothing opens what lies in the database; on a new instance, delete the file.')]
  if (new Set(newest).size < FEW_CHARACTERS) return [wrong('secret', 'It is made of too few different characters: it can be guessed.', 'Put a random one in front of it: FLOWSTATE_SECRET="$(openssl rand -base64 48),…", start the server again, and run: flowstate secrets rotate')]
  const earlier = secrets.length - 1
  return [ok('secret', `${givenSecret === null ? `In ${file}` : 'In FLOWSTATE_SECRET'}${earlier === 0 ? '' : `, with ${earlier} from before ${earlier === 1 ? 'it' : 'them'}, for what ${earlier === 1 ? 'that has' : 'those have'} signed`}.`)]
}

export const diskSpace = (env: Env): Finding[] => {
  const { options: { storageUrl }, dataDir } = env
  const places = [...new Set([dataDir, filesDir({ dataDir, storageUrl })].filter((place) => existsSync(place)))]
  const seen = new Map(places.map((place) => [statSync(place).dev, place]))
  return [...seen.values()].map((place) => {
    const { bavail, bsize, ffree, files } = statfsSync(place)
    const free = bavail * bsize
    const left = `${(free / GIB).toFixed(1)} GiB are free where ${place} lies`
    if (files > 0 && ffree === 0) return wrong('disk', `No more files can be made where ${place} lies: its file system has no inode left.`, 'Delete files there.')
    if (free < FULL_BYTES) return wrong('disk', `${left}: writes are about to be refused.`, 'Free some space; the server goes on by itself.')
    return free < LOW_BYTES ? warning('disk', `${left}.`, 'Free some space before writes are refused.') : ok('disk', `${left}.`)
  })
}

/** Whether uploads and exports can be kept, by keeping a small one. */
export const storageWritable = async ({ options: { storageUrl }, dataDir }: Env): Promise<Finding[]> => {
  if (!existsSync(dataDir)) return [unknown('storage', 'It is made with the data directory.')]
  const [place, name, text] = [filesDir({ dataDir, storageUrl }), `doctor:${process.pid}`, new Date().toISOString()]
  try {
    const files = createFiles({ dataDir, ...(storageUrl ? { storageUrl } : {}) })
    await files.put(name, text)
    const read = await files.text(name)
    await files.remove(name)
    return [read === text ? ok('storage', `${place} keeps what is written to it.`) : wrong('storage', `${place} gave back something else than was written.`, 'Check its file system.')]
  } catch (error) {
    return [wrong('storage', `Nothing can be written to ${place}: ${causeOf(error)}.`, `Let the server's user own it: chown -R USER ${place}`)]
  }
}

/** Whether the server could listen where it is to. */
export const portFree = async ({ host, port }: Env, instance: Instance | null): Promise<Finding[]> => {
  const runs = instance === null ? null : new URL(instance.url)
  if (instance && runs && (Number(runs.port) === port || port === 0)) return [ok('port', `${runs.host} is this server's own, process ${instance.pid}.`)]
  const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(port, host, () => server.close(() => resolve(null)))
  })
  if (error === null) return [ok('port', `${host}:${port} is free${runs ? `; the server runs on ${runs.host}` : ''}.`)]
  if (error.code === 'EADDRINUSE') return [wrong('port', `Something else listens on ${host}:${port}.`, `Stop it (ss -ltnp 'sport = :${port}' names it), or choose another PORT.`)]
  if (error.code === 'EACCES') return [wrong('port', `This user may not listen on port ${port}.`, 'Choose a PORT above 1023, with a proxy in front.')]
  if (error.code === 'EADDRNOTAVAIL') return [wrong('port', `${host} is no address of this machine.`, 'Set HOST to one that is, or to 0.0.0.0 for all.')]
  return [wrong('port', `It cannot listen on ${host}:${port}: ${error.message}.`, 'Check HOST and PORT.')]
}

const A_WEEK_MS = 7 * 86_400_000
export const LAST_BACKUP = 'last-backup.json'
/** By what the last `flowstate backup` has left here; backups made in other ways are not known. */
export const backupAge = ({ dataDir }: Env): Finding[] => {
  const file = join(dataDir, LAST_BACKUP)
  if (!existsSync(file)) return [warning('backup', 'None was made by flowstate backup yet.', 'Let something make one each night: flowstate backup "backups/$(date +%F).tar.gz"')]
  const { at, file: where } = JSON.parse(readFileSync(file, 'utf8')) as { at: string; file: string }
  const days = Math.floor((Date.now() - Date.parse(at)) / 86_400_000)
  const said = `The last one was made ${days === 0 ? 'within a day' : days === 1 ? 'a day ago' : `${days} days ago`}: ${where}`
  if (!existsSync(where)) return [warning('backup', `${said}; it is not there any more.`, 'See that it was moved and not lost, or make another: flowstate backup FILE')]
  return [Date.now() - Date.parse(at) > A_WEEK_MS ? warning('backup', `${said}.`, 'Make another: flowstate backup FILE') : ok('backup', `${said}.`)]
}

const modeOf = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0')
