import { describe, expect, it } from 'vitest'
import { nextTryMs, TRIES } from './schedule.ts'

const HOUR = 3_600_000
const waits = (random: number) => Array.from({ length: TRIES }, (_, index) => nextTryMs({ tries: index + 1, random }))
const sum = (list: (number | null)[]) => list.reduce<number>((total, wait) => total + (wait ?? 0), 0)

describe('the tries of a delivery', () => {
  it('are ten over three days, each wait longer than the one before', () => {
    const list = waits(0.5)
    expect(list).toHaveLength(10)
    expect(list.at(-1)).toBeNull()
    expect(sum(list) / HOUR).toBeGreaterThan(71)
    expect(sum(list) / HOUR).toBeLessThan(73)
    for (let index = 1; index < list.length - 1; index++) expect(list[index]).toBeGreaterThan(Number(list[index - 1]))
  })

  it('leave six of them for a receiver that was down for an hour, and the next within an hour', () => {
    let at = 0
    const tried = [0, ...waits(0.5).slice(0, -1).map((wait) => (at += Number(wait)))]
    expect(tried.filter((time) => time > HOUR)).toHaveLength(6)
    expect(tried.find((time) => time > HOUR)).toBeLessThan(2 * HOUR)
  })

  it('spread by a tenth either way', () => {
    expect(nextTryMs({ tries: 4, random: 0 })).toBe(3_240_000)
    expect(nextTryMs({ tries: 4, random: 1 })).toBe(3_960_000)
  })

  it('heed what the receiver asks for, up to a day', () => {
    expect(nextTryMs({ tries: 1, random: 0.5, askedMs: 2 * HOUR })).toBe(2 * HOUR)
    expect(nextTryMs({ tries: 4, random: 0.5, askedMs: 1_000 })).toBe(HOUR)
    expect(nextTryMs({ tries: 1, random: 0.5, askedMs: 25 * HOUR })).toBe(5_000)
  })
})
