import { describe, expect, it } from 'vitest'
import { nearest } from '../nearest.ts'
import { bytesText, createProgress } from './progress.ts'

const terminalOf = (isTTY: boolean) => {
  const written: string[] = []
  return { written, terminal: { isTTY, columns: 80, write: (text: string) => written.push(text) } }
}

describe('the progress bar', () => {
  it('is drawn on a terminal, not more often than an eye sees, and ends its line', () => {
    const { written, terminal } = terminalOf(true)
    let now = 1_000
    const progress = createProgress({ json: false, terminal, noColor: true, now: () => now })
    progress.at(0.5, 'half')
    progress.at(0.6, 'too soon')
    now += 100
    progress.at(2, 'never more than all')
    progress.end('done')
    expect(written).toHaveLength(3)
    expect(written[0]).toContain(`${'█'.repeat(15)}${'░'.repeat(15)}  50%  half`)
    expect(written[1]).toContain('100%')
    expect(written[2]).toMatch(/done\n$/)
    expect(written.join('')).not.toContain('\u001B[2m')
  })
  it('says how much where nobody knows of how much, in colours where they are welcome', () => {
    const { written, terminal } = terminalOf(true)
    createProgress({ json: false, terminal, noColor: false }).at(null, '3 MB')
    expect(written[0]).toContain('3 MB')
    expect(written[0]).not.toContain('%')
    expect(written[0]).toContain('\u001B[2m')
  })
  it('is nothing off a terminal and beside --json', () => {
    for (const [isTTY, json] of [[false, false], [true, true]] as const) {
      const { written, terminal } = terminalOf(isTTY)
      const progress = createProgress({ json, terminal })
      progress.at(0.5, 'half')
      progress.end('done')
      expect(written).toEqual([])
    }
  })
  it('writes sizes as people say them', () => {
    expect([0, 999, 1_234, 1_234_567, 5e12].map(bytesText)).toEqual(['0 B', '999 B', '1.2 kB', '1.2 MB', '5.0 TB'])
  })
})

describe('a misspelt name', () => {
  it('is told from another', () => {
    const names = ['format', 'output', 'workspace', 'view']
    expect(['fromat', 'outptu', 'workspaces', 'veiw', 'colour'].map((name) => nearest(name, names))).toEqual(['format', 'output', 'workspace', 'view', null])
  })
})
