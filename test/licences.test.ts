import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const FREE = /^\(?(MIT|ISC|BSD(-[23]-Clause)?|Apache-2\.0|0BSD|MIT-0|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0|CC-BY-[34]\.0|WTFPL|Zlib)( OR .*| AND (MIT|Zlib|BSD.*|CC.*|ISC|Apache-2\.0))*\)?$/

describe('the lock file', () => {
  const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as { packages: Record<string, { license?: string; dev?: boolean; devOptional?: boolean; link?: boolean }> }

  it('brings nothing to users whose licence binds them', () => {
    const bound = Object.entries(packages)
      .filter(([path, { dev, devOptional, link, license }]) => path.startsWith('node_modules/') && !dev && !devOptional && !link && license !== undefined && !FREE.test(license))
      .map(([path, { license }]) => `${path}: ${license}`)
    expect(bound).toEqual([])
  })
})
