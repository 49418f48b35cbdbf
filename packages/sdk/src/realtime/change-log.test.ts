import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aChange, changesUpTo } from '../../test/changes.ts'
import { ConnectionError, ResyncError } from '../core/errors.ts'
import { ChangeLog } from './change-log.ts'

const AT = '2026-11-24T12:00:00.000Z'
const frame = (from: number, to: number) => ({ type: 'changes' as const, at: AT, from, to, items: changesUpTo(to, from) })
const rangeOnly = (from: number, to: number) => ({ type: 'changes' as const, at: AT, from, to })

/** A server whose log ends at `end.seq`; every third seq is hidden from a limited reader. */
const setUp = ({ since, end = { seq: 0 }, limited = false, fail = () => false }: { since?: number; end?: { seq: number }; limited?: boolean; fail?: () => boolean } = {}) => {
  const told: number[] = []
  const resyncs: number[] = []
  let pulls = 0
  const log = new ChangeLog({
    since,
    pull: async (from, limit) => {
      pulls += 1
      if (fail()) throw new ConnectionError('cut')
      const to = Math.min(end.seq, from + limit)
      return to <= from ? { from: to + 1, to: end.seq, items: [] } : { from: from + 1, to, items: changesUpTo(to, from + 1).filter(({ seq }) => !limited || seq % 3 !== 0) }
    },
    onChange: ({ seq }) => told.push(seq),
    onResync: (seq) => resyncs.push(seq),
  })
  return { log, told, resyncs, pulls: () => pulls }
}
const upTo = (last: number, first = 1) => changesUpTo(last, first).map(({ seq }) => seq)

describe('the log of changes', () => {
  it('hands over frames as they come, asking for nothing', () => {
    const { log, told, pulls } = setUp({ since: 0 })
    log.frame(frame(1, 3))
    log.frame(frame(4, 4))
    expect(told).toEqual([1, 2, 3, 4])
    expect(log.behind).toBe(false)
    expect(pulls()).toBe(0)
  })

  it('begins where the room says, when the reader has nothing yet', () => {
    const { log, told } = setUp()
    log.reaches(41)
    log.frame(frame(42, 42))
    expect(told).toEqual([42])
  })

  it('fills a hole before it hands over what came after', async () => {
    const { log, told } = setUp({ since: 0, end: { seq: 6 } })
    log.frame(frame(1, 2))
    log.frame(frame(5, 6))
    expect(told).toEqual([1, 2])
    expect(log.behind).toBe(true)
    await log.settle()
    expect(told).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('pulls page by page after a long absence', async () => {
    const { log, told, pulls } = setUp({ since: 10, end: { seq: 1_000 } })
    log.reaches(1_000)
    await log.settle()
    expect(told).toEqual(upTo(1_000, 11))
    expect(pulls()).toBe(5)
  })

  it('pulls what a limited reader may see, and counts the rest as read', async () => {
    const { log, told } = setUp({ since: 0, end: { seq: 7 }, limited: true })
    log.frame(rangeOnly(1, 7))
    await log.settle()
    expect(told).toEqual([1, 2, 4, 5, 7])
    expect(log.seq).toBe(7)
    expect(log.behind).toBe(false)
  })

  it('keeps its place when the server cannot be asked', async () => {
    let down = true
    const { log, told } = setUp({ since: 0, end: { seq: 3 }, fail: () => down })
    log.reaches(3)
    await expect(log.settle()).rejects.toThrow('cut')
    down = false
    await log.settle()
    expect(told).toEqual([1, 2, 3])
  })

  it('finds the end of the log by asking beyond it, to begin now without a room', async () => {
    const end = { seq: 70 }
    const { log, told } = setUp({ end })
    await log.poll()
    expect(log.seq).toBe(70)
    end.seq = 72
    expect(await log.poll()).toBe(true)
    expect(await log.poll()).toBe(false)
    expect(told).toEqual([71, 72])
  })

  it('says so when the log no longer reaches back, and goes on from its end', async () => {
    const resyncs: number[] = []
    const log = new ChangeLog({
      since: 3, onChange: () => { throw new Error('unexpected') }, onResync: (seq) => resyncs.push(seq),
      pull: async (since) => {
        if (since === 3) throw new ResyncError('trimmed', { status: 410 })
        return { from: 91, to: 90, items: [] }
      },
    })
    log.reaches(90)
    await log.settle()
    expect(resyncs).toEqual([90])
    expect(log.seq).toBe(90)
  })

  it('says so when the server has gone back, as after a restored backup', async () => {
    const { log, resyncs, told } = setUp({ since: 100, end: { seq: 60 } })
    await log.poll()
    expect(resyncs).toEqual([60])
    log.frame({ ...frame(61, 61), items: [aChange(61)] })
    expect(told).toEqual([61])
  })

  it('misses nothing and doubles nothing, whatever the room loses, repeats, cuts up or turns round', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('frame' as const), size: fc.integer({ min: 1, max: 8 }), lost: fc.boolean(), twice: fc.boolean(), bare: fc.boolean() }),
      fc.record({ kind: fc.constant('settle' as const), fails: fc.boolean() }),
      fc.record({ kind: fc.constant('old' as const), from: fc.integer({ min: 1, max: 30 }), size: fc.integer({ min: 1, max: 8 }) }),
    )
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const end = { seq: 0 }
      let failing = false
      const { log, told } = setUp({ since: 0, end, fail: () => failing })
      const pending: Promise<unknown>[] = []
      for (const one of steps) {
        if (one.kind === 'frame') {
          const from = end.seq + 1
          end.seq += one.size
          const message = one.bare ? rangeOnly(from, end.seq) : frame(from, end.seq)
          if (!one.lost) log.frame(message)
          if (one.twice) log.frame(message)
        } else if (one.kind === 'old') {
          if (one.from + one.size - 1 <= end.seq) log.frame(frame(one.from, one.from + one.size - 1))
        } else {
          failing = one.fails
          const settling = log.settle().catch(() => undefined)
          if (one.fails) await settling
          else pending.push(settling)
          failing = false
        }
      }
      await Promise.all(pending)
      log.reaches(end.seq)
      await log.settle()
      expect(told).toEqual(upTo(end.seq))
    }), { numRuns: 300 })
  })
})
