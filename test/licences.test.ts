import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const FREE = /^\(?(MIT|ISC|BSD(-[23]-Clause)?|Apache-2\.0|0BSD|MIT-0|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0|CC-BY-[34]\.0|WTFPL|Zlib)( OR .*| AND (MIT|Zlib|BSD.*|CC.*|ISC|Apache-2\.0))*\)?$/

interface Package {
  license?: string
  link?: boolean
  resolved?: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}
const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as { packages: Record<string, Package> }

/** Where a package finds another, as Node.js looks for it: beside itself, then further up. */
const found = (from: string, name: string): string | null => {
  for (let at = from; ; at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : '') {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (packages[path]) return path
    if (at === '') return null
  }
}

/** Everything that comes along when our packages are installed: not what develops them, nor what a package would only get on with. */
const shipped = (): Set<string> => {
  const seen = new Set<string>()
  const waiting = Object.keys(packages).filter((path) => /^packages\/[^/]+$/.test(path))
  expect(waiting.length).toBe(4)
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {}, link, resolved } = packages[path] ?? {}
    if (link && resolved !== undefined) waiting.push(resolved)
    const needed = [...Object.keys({ ...dependencies, ...optionalDependencies }), ...Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional)]
    for (const name of needed) {
      const at = found(path, name)
      if (at !== null) waiting.push(at)
    }
  }
  return seen
}

describe('the lock file', () => {
  it('brings nothing to users whose licence binds them', () => {
    const all = shipped()
    // The walk reaches what is far away, and nothing that only tests need.
    for (const name of ['better-sqlite3', 'libphonenumber-js', 'better-call', 'lit-html']) expect([...all].some((path) => path.endsWith(`node_modules/${name}`)), name).toBe(true)
    expect(all.has('node_modules/vitest')).toBe(false)
    const bound = [...all].filter((path) => path.includes('node_modules/') && !packages[path]?.link && !FREE.test(packages[path]?.license ?? 'none')).map((path) => `${path}: ${packages[path]?.license}`)
    expect(bound).toEqual([])
  })
})
