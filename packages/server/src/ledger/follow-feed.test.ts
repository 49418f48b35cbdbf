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
})
