import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRandom, type Random } from '../demo/random.ts'
import { FIRST_NAMES, LAST_NAMES } from '../demo/vocabulary.ts'
import { newId } from '../ids.ts'
import type { Change, Fields } from '../ledger/ledger.ts'
import { createTestServer } from '../testing/server.ts'

const ROWS = 100_000
const PLANTED_SHARE = 0.02
const COMPANY_SIZE = 20
const PART = 500
const LEAST = { precision: 0.95, recall: 0.85 }
/** Beyond what the process held before, without the pages of the file that are mapped. */
const MOST_MEMORY_MB = 150
const MB = 1_048_576

/** Plants duplicates among many customers, with namesakes and shared telephones between them, compares all, and says what was found. */
export const soak = async (args: readonly string[]): Promise<boolean> => {
  const valueOf = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)
  const rows = Number(valueOf('--rows') ?? ROWS)
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-duplicates-'))
  const test = await createTestServer({ dialect: 'sqlite', url: valueOf('--database') ?? `file:${join(dir, 'x.db')}`, dir, dispose: async () => undefined }, { workerConcurrency: 1 })
  try {
    const { services, flowstate, workspace } = test
    // What follows the feed would find them while they are planted; here the task is to. Nor is the search index what is measured.
    await Promise.all([services.follower.close(), services.indexer.close()])
    const { changes, twins } = generate(rows)
    const write = async (part: Change[]) => services.ledger.commit({ id: newId('changesets'), workspaceId: workspace.id, actor: { kind: 'system', id: 'system', name: 'Soak' }, source: { kind: 'demo', id: 'soak' }, at: new Date().toISOString(), changes: part })
    for (let start = 0; start < changes.length; start += PART) {
      const outcome = await write(changes.slice(start, start + PART))
      if (outcome.state !== 'committed') throw new Error(`The records could not be written: ${JSON.stringify(outcome)}`)
    }
    process.stdout.write(`${rows} customers, of which ${twins.size} are planted duplicates\n`)

    globalThis.gc?.()
    const before = memoryMb()
    let most = before
    const sampler = setInterval(() => { most = Math.max(most, memoryMb()) }, 50)
    const began = performance.now()
    const { id } = await flowstate.ai.run('find-duplicates', { noun: 'customers' })
    let task = await flowstate.tasks.retrieve(id)
    while (task.state !== 'succeeded' && task.state !== 'dead') {
      await new Promise((resolve) => setTimeout(resolve, 100))
      task = await flowstate.tasks.retrieve(id)
    }
    const seconds = (performance.now() - began) / 1_000
    clearInterval(sampler)
    if (task.state === 'dead') throw new Error(`The task failed: ${task.error}`)

    const found = new Map<string, number>()
    for await (const { leftId, rightId, score } of flowstate.duplicates.list({ noun: 'customers', limit: 200 })) found.set([leftId, rightId].sort().join(' '), score)
    const at = (least: number) => {
      const pairs = [...found].filter(([, score]) => score >= least).map(([pair]) => pair)
      const right = pairs.filter((pair) => twins.has(pair)).length
      return { pairs: pairs.length, precision: right / pairs.length, recall: right / twins.size }
    }
    const [strict, all] = [at(0.8), at(0.5)]
    const grown = most - before
    for (const [name, { pairs, precision, recall }] of [['at 0.8', strict], ['at 0.5', all]] as const) process.stdout.write(`  ${name}: ${pairs} pairs, precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)}\n`)
    process.stdout.write(`  ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} records a second; memory ${before.toFixed(0)} MB, at most ${grown.toFixed(0)} MB more\n`)
    for (const [kind, { planted, missed }] of missedOf(twins, found)) process.stdout.write(`  ${kind}: ${planted - missed} of ${planted} found at 0.8\n`)
    if (args.includes('--wrong')) for (const [pair, score] of [...found].filter(([pair, score]) => score >= 0.8 && !twins.has(pair)).slice(0, 20)) {
      const sides = await Promise.all(pair.split(' ').map((side) => flowstate.customers.retrieve(side)))
      process.stdout.write(`  wrong, ${score}: ${sides.map(({ name, email, phone, companyId }) => `${name} <${email}> ${phone} ${companyId}`).join('  |  ')}\n`)
    }
    return strict.precision >= LEAST.precision && strict.recall >= LEAST.recall && grown <= MOST_MEMORY_MB
  } finally {
    await test.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

const missedOf = (twins: ReadonlyMap<string, string>, found: ReadonlyMap<string, number>): [string, { planted: number; missed: number }][] => {
  const kinds = new Map<string, { planted: number; missed: number }>()
  for (const [pair, kind] of twins) {
    const count = kinds.get(kind) ?? { planted: 0, missed: 0 }
    count.planted++
    if ((found.get(pair) ?? 0) < 0.8) count.missed++
    kinds.set(kind, count)
  }
  return [...kinds]
}

/** Memory of the process's own; on Linux without mapped files, which the kernel takes back when it needs to. */
const memoryMb = (): number => {
  try {
    return Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1_024
  } catch {
    return process.memoryUsage().rss / MB
  }
}

type Twin = (original: Fields, random: Random, n: number) => Fields
/** The ways in which a person comes in twice. */
const TWINS: Record<string, Twin> = {
  'a letter wrong, the phone written otherwise': ({ name, phone }, random) => ({ name: misspelt(String(name), random), phone: rewritten(String(phone), random) }),
  'capitals, no accents, the phone without its country': ({ name, phone }) => ({ name: plain(String(name)).toUpperCase(), phone: String(phone).replace('+49 ', '0') }),
  'a tag in the address': ({ name, email }) => ({ name, email: String(email).replace('@', '+news@') }),
  'a tag in the address, a letter wrong': ({ name, email, companyId }, random) => ({ name: misspelt(String(name), random), email: String(email).replace('@', '+crm@').toUpperCase(), companyId }),
  'the domain misspelt': ({ name, email }) => ({ name, email: String(email).replace(/(.)(.)\.example$/, '$1$1$2.example') }),
  'family name first, a private address, the phone': ({ name, phone }, _random, n) => ({ name: String(name).split(' ').reverse().join(', '), phone, email: `private${n}@gmail.com` }),
  'an initial, the phone': ({ name, phone, companyId }) => ({ name: String(name).replace(/^(\p{L})\p{L}+/u, '$1.'), phone, companyId }),
  'the name at the same company, nothing else': ({ name, companyId }) => ({ name, companyId }),
  'another company, the same mobile': ({ name, phone }, random, n) => ({ name, phone: rewritten(String(phone), random), email: `${plain(String(name)).toLowerCase().replace(' ', '.')}@moved${n}.example` }),
}

/** Customers in companies, some of which share a telephone, and twins of some of them; who is whose twin, and how. */
const generate = (rows: number): { changes: Change[]; twins: Map<string, string> } => {
  const random = createRandom(11)
  const create = (noun: 'companies' | 'customers', set: Fields): Change & { verb: 'create' } => ({ verb: 'create', noun, id: newId(noun), set: { customFields: {}, tags: [], ...set } })
  const planted = Math.round(rows * PLANTED_SHARE)
  const companies = Array.from({ length: Math.ceil(rows / COMPANY_SIZE) }, (_, n) => ({ record: create('companies', { name: `${random.pick(LAST_NAMES)} ${n}`, domain: `${syllables(random, 3)}${letters(n)}.example` }), switchboard: random.chance(0.05) ? `+49 30 77${String(100_000 + n)}` : null }))
  const taken = new Set<string>()
  const people = Array.from({ length: rows - planted }, (_, n) => {
    const { record, switchboard } = random.pick(companies)
    const name = `${random.pick(FIRST_NAMES)} ${random.chance(0.3) ? random.pick(LAST_NAMES) : capital(syllables(random, 2 + random.below(2)))}`
    const local = plain(name).toLowerCase().replace(' ', '.')
    const address = `${local}@${String(record.set.domain)}`
    const email = taken.has(address) ? `${local}${n}@${String(record.set.domain)}` : address
    taken.add(email)
    return create('customers', { name, companyId: record.id, email: random.chance(0.8) ? email : null, phone: random.chance(0.7) ? (switchboard ?? `+49 ${String(151 + random.below(20))} ${String(1_000_000 + n * 7).padStart(7, '0')}`) : null })
  })
  const twins = new Map<string, string>()
  const kinds = Object.entries(TWINS)
  const whole = people.filter(({ set }) => set.email !== null && set.phone !== null && !String(set.phone).startsWith('+49 30 77'))
  const second = whole.slice(0, planted).map((original, n) => {
    const [kind, twin] = kinds[n % kinds.length] as [string, Twin]
    const copy = create('customers', twin(original.set, random, n))
    twins.set([original.id, copy.id].sort().join(' '), kind)
    return copy
  })
  return { changes: [...companies.map(({ record }) => record), ...people, ...second], twins }
}

const PARTS = ['ber', 'lin', 'dor', 'mar', 'sten', 'hol', 'gar', 'win', 'kov', 'ras', 'tol', 'ven', 'fel', 'bro', 'nim', 'sal', 'par', 'rud', 'tam', 'hew', 'jor', 'kel', 'mun', 'olt', 'pet', 'zan', 'vik', 'urs', 'cas', 'dre']
const syllables = (random: Random, count: number): string => Array.from({ length: count }, () => random.pick(PARTS)).join('')
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
const letters = (n: number): string => n.toString(26).replaceAll(/./g, (digit) => String.fromCodePoint(97 + Number.parseInt(digit, 26)))
const plain = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').replaceAll('ø', 'o').replaceAll('ł', 'l')
const rewritten = (phone: string, random: Random): string => random.pick([phone.replaceAll(' ', ''), phone.replace('+49 ', '0049 ').replace(/(\d{3})(\d{4})$/, '$1-$2'), phone.replace(/^\+49 (\d+) /, '+49 ($1) ')])
/** A letter of the family name replaced, left out, doubled or swapped with the next. */
const misspelt = (name: string, random: Random): string => {
  const from = name.indexOf(' ') + 2
  const at = from + random.below(Math.max(1, name.length - from - 1))
  const way = random.below(4)
  if (way === 0) return `${name.slice(0, at)}x${name.slice(at + 1)}`
  if (way === 1) return name.slice(0, at) + name.slice(at + 1)
  if (way === 2) return name.slice(0, at + 1) + name.slice(at)
  return name.slice(0, at) + (name[at + 1] ?? '') + (name[at] ?? '') + name.slice(at + 2)
}
