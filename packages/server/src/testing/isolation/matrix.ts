import { EXPORT_NOUNS } from '@flowstate-ai/sdk/contract'
import type { FreshDatabase } from '../databases.ts'
import { OTHER, PAGE, ticketOf } from '../forged.ts'
import { type Answered, answered, type Documented, documentedOperations } from '../operations.ts'
import { createReceiver } from '../receiver.ts'
import { rowsOf } from '../rows.ts'
import { createTestServer } from '../server.ts'
import { socketTo, type TestSocket } from '../sockets.ts'
import { unlimited } from '../unlimited.ts'
import { bareColumns } from './canaries.ts'
import { type Asking, AT_THE_BEGINNING, FIXTURES } from './fixtures.ts'
import { createPrincipals, refusalOf, type TestPrincipal } from './principals.ts'
import { substitutions } from './substitutions.ts'
import { awaited, createWorld, type World } from './world.ts'

/** What the matrix found, and how much it looked at. */
export interface Isolation { findings: string[]; operations: number; succeeded: number; compared: number; refused: number; asked: number; scanned: number }

/** Ends every page's token: it is for the end. */
const LAST = 'embedTokens.revokeAll'
/** One of each way to be limited, or not: the others are told the same. */
const LOOKS_FURTHER = ['key that may everything', 'a page limited to a customer', 'viewer']
/** Moved by work that goes on by itself, whoever looks. */
const OPERATIONAL = ['agents', 'tasks', 'deliveries', 'webhooks', 'keys', 'idempotency', 'tickets', 'audit', 'users', 'userSessions', 'accounts', 'verifications', 'signInCodes', 'members', 'sessions', 'duplicates', 'duplicateKeys'] as const
const BUILT_IN = ['import', 'revert', 'compact', 'next-best-actions', 'find-duplicates', 'remind']
/** Hours of the day are no matter: recommendations are made at ten in the morning. */
const atTen = (): (() => number) => {
  const shift = new Date().setUTCHours(10, 0, 0, 0) - Date.now()
  return () => Date.now() + shift
}

/**
 * Two workspaces on one server, the one filled with words that stand nowhere else. Whoever belongs to the other asks for every operation:
 * with what is his own, which succeeds for whom it is meant and is refused to all others; with each id of it replaced by the first
 * workspace's, which is answered as a random id is; and for whatever lists and searches show. None of the first one's words comes
 * to anybody of the other, by an answer, a socket, a webhook, a mail or the log, and the first is afterwards as it was.
 *
 * `few` leaves most kinds of principal out. `untilTold` puts fewer canaries out and ends with the first thing that is told of the other workspace:
 * for who wants to know whether a hole is found at all.
 */
export const runIsolation = async (home: FreshDatabase, { few = false, untilTold = false, log = () => undefined }: { few?: boolean; untilTold?: boolean; log?: (line: string) => void } = {}): Promise<Isolation> => {
  const [hereReceiver, thereReceiver] = [await createReceiver(), await createReceiver()]
  const told: { where: string; text: string }[] = []
  const tell = (where: string, text: string) => { told.push({ where, text }) }
  const logged = (details: object, message: string) => tell('the log', `${message} ${JSON.stringify(details, (_, value: unknown) => (value instanceof Error ? value.stack : value))}`)
  const stopWatching = watchFetch((url, body) => tell(`what was sent to ${url}`, body))
  const test = await createTestServer(home, {
    allowedOrigins: [PAGE, OTHER], rateLimits: unlimited(), allowPrivateTargets: true, workerConcurrency: 2, heartbeatMs: 1_000, sweepMs: 500, clock: atTen(),
    mail: { send: async (message) => { if (!message.to.includes('kingfisher')) tell(`mail to ${message.to}`, JSON.stringify(message)) } },
    log: { info: logged, warn: logged, error: logged },
  })
  const listening = await test.listen()
  const result: Isolation = { findings: [], operations: 0, succeeded: 0, compared: 0, refused: 0, asked: 0, scanned: 0 }
  let secret = ''
  let enough = false
  const find = (finding: string) => {
    if (!result.findings.includes(finding)) result.findings.push(finding)
    if (/ told of | tells a foreign | was changed$/.test(finding)) enough = untilTold
  }
  const sockets: { name: string; socket: TestSocket }[] = []
  try {
    const operations = (await documentedOperations(test)).sort((a, b) => Number(a.id === LAST) - Number(b.id === LAST))
    result.operations = operations.length
    for (const { id } of operations) if (!FIXTURES[id] && !AT_THE_BEGINNING.includes(id)) find(`${id} has no fixture: say in testing/isolation/fixtures.ts how it succeeds`)

    const tag = Math.random().toString(36).slice(2, 8)
    const here = await createWorld(test, { slug: 'here', word: `heron${tag}`, receiverUrl: hereReceiver.url })
    secret = here.secret
    if (here.setUp) result.succeeded += AT_THE_BEGINNING.length
    else find('session.setup did not succeed')
    const everybody = await createPrincipals(here)
    const principals = few ? everybody.filter(({ name }) => ['key that may everything', 'a page', 'a page limited to a customer'].includes(name)) : everybody
    sockets.push(...await Promise.all(everybody.filter(({ scopes }) => scopes.includes('crm:read')).map(async ({ name, headers }) => {
      const socket = socketTo(`ws://127.0.0.1:${listening.port}/parties/main/${here.workspaceId}?ticket=${await ticketOf(test, Object.entries(headers))}`)
      await socket.next('snapshot')
      return { name, socket }
    })))
    log('a workspace with its people')

    const there = await createWorld(test, { slug: 'there', word: `kingfisher${tag}`, receiverUrl: thereReceiver.url })
    const begun = (text: string): boolean => text.includes(there.word)
    for (const operation of untilTold ? [] : operations) {
      if (operation.id === LAST) continue
      const asking = await FIXTURES[operation.id]?.(there)
      const answer = asking && await ask(operation, asking, there.secret)
      if (answer && answer.status >= 300) find(`${operation.id} failed where the canaries were put: ${answer.status} ${answer.text.slice(0, 300)}`)
    }
    for (const column of untilTold ? [] : await bareColumns(test.services.database, there)) find(`${column} holds no canary: let a fixture write one`)
    // What it has begun itself it has finished.
    for (const state of ['queued', 'running']) await awaited(async () => [(await there.flowstate.tasks.list({ state, limit: 200 })).items.filter(({ kind }) => BUILT_IN.includes(kind))], (items) => items.length === 0)
    const before = await standOf(there)
    log('another, full of canaries')

    // Its standing records are asked for by name, and may stand in what was sent; of the others nobody here has heard.
    const unheard = (await there.flowstate.changes.list({ since: 0, limit: 200 })).items.map(({ id }) => id).filter((id) => !Object.values(there.ids).includes(id))
    const strange = [there.word, there.workspaceId, ...new Set(unheard)]
    /** Nothing that is said to somebody here tells of there. */
    const scan = (where: string, { text, headers }: Pick<Answered, 'text' | 'headers'>) => {
      result.scanned++
      const all = `${text}\n${[...headers].map((pair) => pair.join(': ')).join('\n')}`
      for (const each of strange) if (all.includes(each)) find(`${where} told of the other workspace: ${around(all, each)}`)
    }

    async function reads(operation: Documented, asking: Asking, principal: TestPrincipal): Promise<void> {
      const refusal = refusalOf(operation, principal)
      if (refusal === 401 || refusal === 403) return
      for (const query of [asking.query, ...(LOOKS_FURTHER.includes(principal.name) ? wider(operation, there) : [])]) {
        const answer = await ask(operation, { ...asking, ...(query ? { query } : {}), headers: principal.headers })
        result.asked++
        scan(`${operation.id} for ${principal.name}`, answer)
        if (query === asking.query && refusal === null && answer.status >= 300) find(`${operation.id} for ${principal.name}: ${answer.status} ${answer.code}`)
      }
    }

    for (const operation of operations) {
      if (enough) throw new Told()
      const asking = await FIXTURES[operation.id]?.(here)
      if (!asking) continue
      // Refused to who may not, with an id that is there.
      await Promise.all(principals.map(async (principal) => {
        const refusal = refusalOf(operation, principal)
        if (refusal !== 401 && refusal !== 403) return
        const answer = await ask(operation, { ...asking, headers: principal.headers })
        result.refused++
        scan(`${operation.id} for ${principal.name}`, answer)
        if (answer.status !== refusal) find(`${operation.id} for ${principal.name}: ${answer.status} ${answer.code}, not ${refusal}`)
      }))
      // What is there is answered as what is nowhere.
      for (const { foreign, random, id, nobody, where } of substitutions(operation, asking, there)) {
        const askers = !asking.headers && where === 'path' ? principals.filter((each) => [null, 'maybe'].includes(refusalOf(operation, each) as null)) : [null]
        await Promise.all(askers.map(async (principal) => {
          const as = (of: Asking): Asking => (principal ? { ...of, headers: principal.headers } : of)
          const [named, unknown] = [await ask(operation, as(foreign)), await ask(operation, as(random))]
          result.compared++
          scan(`${operation.id} with a foreign ${where}`, named)
          if (plain(named, id) !== plain(unknown, nobody)) find(`${operation.id} for ${principal?.name ?? 'whoever may'} tells a foreign id in its ${where} from a random one: ${plain(named, id)} against ${plain(unknown, nobody)}`)
        }))
      }
      // Whoever may, is told what is wrong with what he asks, and not that he may not.
      if (operation.method !== 'GET' && operation.id !== LAST) await Promise.all(principals.map(async (principal) => {
        if (operation.scope === 'anyone' || refusalOf(operation, principal) !== null) return
        const answer = await ask(operation, { ...(operation.media === null ? {} : { body: {} }), headers: principal.headers })
        result.asked++
        scan(`${operation.id} for ${principal.name}`, answer)
        if (answer.status === 401 || answer.status === 403 || answer.status >= 500) find(`${operation.id} for ${principal.name}: ${answer.status} ${answer.code}`)
      }))
      // Whoever may read, reads his own, and nothing else.
      if (operation.method === 'GET' && !asking.headers && operation.id !== 'exports.stream') await Promise.all(principals.map((principal) => reads(operation, asking, principal)))
      // Of exports a few run at a time.
      if (operation.id === 'exports.stream') for (const principal of principals) await reads(operation, asking, principal)
      const done = await ask(operation, asking)
      scan(operation.id, done)
      if (done.status >= 200 && done.status < 300) result.succeeded++
      else find(`${operation.id} did not succeed for whom it is meant: ${done.status} ${done.text.slice(0, 300)}`)
    }
    log('everybody has asked for everything')

    // What comes by itself has come once the last thing that was done here has.
    const last = here.say('last of all')
    await here.flowstate.companies.create({ name: last })
    for (const { name, socket } of sockets) {
      if (name === 'a page limited to a customer') socket.close()
      else await socket.until(() => (socket.frames.some((frame) => frame.includes(last)) || socket.frames.some((frame) => frame.includes('"bye"')) ? true : null))
      for (const frame of socket.frames) tell(`the socket of ${name}`, frame)
      socket.close()
    }
    await hereReceiver.until((all) => all.some(({ body }) => body.includes(last)))
    for (const { body, headers, path } of hereReceiver.received) tell(`a webhook at ${path}`, `${body}\n${JSON.stringify(headers)}`)
    for (const { where, text } of told) {
      result.scanned++
      if (begun(text) || (where !== 'the log' && text.includes(there.workspaceId))) find(`${where} told of the other workspace: ${around(text, begun(text) ? there.word : there.workspaceId)}`)
    }
    const after = await standOf(there)
    for (const [name, text] of Object.entries(before)) if (after[name] !== text) find(`${name} of the other workspace was changed`)
  } catch (error) {
    if (!(error instanceof Told)) throw error
  } finally {
    stopWatching()
    for (const { socket } of sockets) socket.close()
    await listening.stop()
    await test.close()
    await Promise.all([hereReceiver.close(), thereReceiver.close()])
  }
  return result

  async function ask({ method, path, media }: Documented, asking: Asking, key = secret): Promise<Answered> {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(asking.path?.[name] ?? 'none'))
    const query = asking.query ? `?${new URLSearchParams(asking.query).toString()}` : ''
    const type = asking.type ?? (asking.body === undefined ? undefined : media ?? 'application/json')
    const headers = { ...(asking.headers ?? { authorization: `Bearer ${key}` }), ...(type === undefined ? {} : { 'content-type': type }) }
    const body = asking.text ?? (asking.body === undefined ? undefined : JSON.stringify(asking.body))
    return answered(await test.request(`${test.base}/api/v1${filled}${query}`, { method, headers, ...(body === undefined || method === 'GET' ? {} : { body }) }))
  }

  /** How a workspace stands: its exports, and every row that no worker moves. */
  async function standOf({ flowstate, workspaceId }: World): Promise<Record<string, string>> {
    const exported: Record<string, string> = {}
    for (const noun of EXPORT_NOUNS) exported[`the export of ${noun}`] = await flowstate.exports.text(noun, { format: 'jsonl', archived: 'any' })
    const rows = await rowsOf(test.services.database, OPERATIONAL, workspaceId)
    return { ...exported, ...rows }
  }
}

/** Enough is known. */
class Told extends Error {}

/** Besides what he would ask for: all there is, archived too, and what the other workspace's words find. */
const wider = ({ id }: Documented, { word }: World): Record<string, string>[] => {
  // An error repeats what it was asked, and what is searched by its beginning is found as well.
  const beginning = word.slice(0, -2)
  if (id === 'search.query') return [{ q: beginning }]
  if (id === 'exports.stream') return [{ format: 'csv', archived: 'any', q: beginning }]
  if (!id.endsWith('.list')) return []
  return [{}, { limit: '200' }, { archived: 'any', limit: '200' }, { q: beginning }, { 'name[startsWith]': beginning }]
}

/** An answer without what is new in each, and without the id that was asked for. */
const plain = ({ status, text }: Answered, id: string): string => {
  const same = text.replaceAll(id, '<id>').replace(/"requestId":"[^"]*"/, '')
  return `${status} ${status < 300 ? same.replaceAll(/\b[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}\b|\breq_\w+|"position":(?:\{[^}]*\}|"[^"]*")|\d{4}-\d\d-\d\dT[\d:.]+Z|"(?:token|secret|ticket|refresh)":"[^"]*"/g, '·') : same}`.slice(0, 600)
}
const around = (text: string, found: string): string => text.slice(Math.max(0, text.indexOf(found) - 120), text.indexOf(found) + found.length + 60)

/** Hears of every request that the server makes by `fetch`, a model's endpoint among them once there is one. */
const watchFetch = (tell: (url: string, body: string) => void): (() => void) => {
  const real = globalThis.fetch
  globalThis.fetch = (input, init) => {
    tell(String(input instanceof Request ? input.url : input), typeof init?.body === 'string' ? init.body : '')
    return real(input, init)
  }
  return () => { globalThis.fetch = real }
}
