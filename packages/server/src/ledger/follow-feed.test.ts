import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { followFeed } from './follow-feed.ts'

describe('followFeed', () => {
  beforeEach(() => { vi.useFakeTimers() })
  afterEach(() => { vi.useRealTimers() })

  it('looks again for what was committed while a step was under way', async () => {
    let commit: (workspaceId: string, seq: number) => void = () => undefined
    let end: (more: boolean) => void = () => undefined
    const step = vi.fn(() => new Promise<boolean>((resolve) => { end = resolve }))
    const follower = followFeed({
      tail: { onCommit: (listener) => { commit = listener; return () => undefined }, seqOf: async () => 0 },
      log: { warn: vi.fn() }, quietMs: 10, loadedMs: 100, reached: async () => 0, step, failed: 'failed',
    })
    commit('ws_1', 1)
    await vi.advanceTimersByTimeAsync(10)
    expect(step).toHaveBeenCalledTimes(1)
    commit('ws_1', 2)
    await vi.advanceTimersByTimeAsync(10)
    expect(step).toHaveBeenCalledTimes(1)
    end(false)
    await vi.advanceTimersByTimeAsync(10)
    expect(step).toHaveBeenCalledTimes(2)
    end(false)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(step).toHaveBeenCalledTimes(2)
    await follower.close()
  })

  it('looks now and then under unbroken load, but lets a bulk of changes pass that it could not keep up with', async () => {
    let commit: (workspaceId: string, seq: number) => void = () => undefined
    const step = vi.fn(async () => false)
    const follower = followFeed({
      tail: { onCommit: (listener) => { commit = listener; return () => undefined }, seqOf: async () => 0 },
      log: { warn: vi.fn() }, quietMs: 10, loadedMs: 100, bulk: 50, reached: async () => 0, step, failed: 'failed',
    })
    let seq = 0
    const write = async (times: number, changes: number) => {
      for (let time = 0; time < times; time++) {
        commit('ws_1', seq += changes)
        await vi.advanceTimersByTimeAsync(5)
      }
    }
    await write(100, 1)
    const looks = step.mock.calls.length
    expect(looks, '500 ms of one change each 5 ms').toBeGreaterThanOrEqual(4)
    await write(100, 100)
    expect(step.mock.calls.length - looks, 'twenty times as much as it takes').toBeLessThanOrEqual(1)
    await vi.advanceTimersByTimeAsync(10)
    const after = step.mock.calls.length
    await write(20_000, 100)
    expect(step.mock.calls.length - after, 'a hundred seconds of it').toBe(1)
    await vi.advanceTimersByTimeAsync(10)
    const later = step.mock.calls.length
    expect(after, 'when the bulk is written').toBeGreaterThan(looks)
    await write(100, 1)
    expect(step.mock.calls.length - later).toBeGreaterThanOrEqual(4)
    await follower.close()
  })
})
