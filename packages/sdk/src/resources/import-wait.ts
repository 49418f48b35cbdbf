import type { Import } from '../contract/imports.ts'
import type { Answered } from '../core/answer.ts'
import { type Clock, sleep } from '../core/clock.ts'

const UNDER_WAY: readonly Import['state'][] = ['queued', 'rehearsing', 'running']
const LOOK_EVERY_MS = 500

interface Waiting { onProgress?: ((item: Import) => void) | undefined; every?: number | undefined; signal?: AbortSignal | undefined }

/** Looks until nothing is under way any more. */
export const untilSettled = async (look: () => Promise<Answered<Import>>, clock: Clock, { onProgress, every = LOOK_EVERY_MS, signal }: Waiting): Promise<Answered<Import>> => {
  for (;;) {
    const answered = await look()
    onProgress?.(answered.data)
    if (!UNDER_WAY.includes(answered.data.state)) return answered
    await sleep(clock, every, signal)
  }
}
