import { keptWithin } from '../db/within.ts'

/** Nobody has taken a part for so long: the reader is gone, though its connection has not said so. */
const STALLED_MS = 120_000

/**
 * Text as a stream of bytes that is made as fast as it is taken, and no faster. The first part is made before the answer begins, so that
 * what is wrong with it can still be said; an error later cuts the stream off, and never ends it as if it were whole.
 */
export const streamOf = async (parts: AsyncGenerator<string>, { signal, onEnd, stalledMs = STALLED_MS }: { signal: AbortSignal; onEnd: () => void; stalledMs?: number }): Promise<ReadableStream<Uint8Array>> => {
  const encoder = new TextEncoder()
  const here = keptWithin()
  let first: IteratorResult<string> | null = await parts.next()
  let stalled: NodeJS.Timeout | undefined
  let stop: () => void = () => undefined
  const end = () => {
    clearTimeout(stalled)
    signal.removeEventListener('abort', stop)
    void parts.return(undefined).catch(() => undefined)
    onEnd()
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      stop = () => {
        controller.error(signal.reason)
        end()
      }
      if (signal.aborted) return stop()
      signal.addEventListener('abort', stop, { once: true })
    },
    async pull(controller) {
      clearTimeout(stalled)
      try {
        const { done, value } = first ?? (await here(() => parts.next()))
        first = null
        if (signal.aborted) return
        if (done) {
          end()
          return controller.close()
        }
        controller.enqueue(encoder.encode(value))
        stalled = setTimeout(() => {
          controller.error(new Error('Nobody has read this export for two minutes.'))
          end()
        }, stalledMs)
        stalled.unref()
      } catch (error) {
        end()
        if (!signal.aborted) controller.error(error)
      }
    },
    cancel: end,
  }, { highWaterMark: 1 })
}
