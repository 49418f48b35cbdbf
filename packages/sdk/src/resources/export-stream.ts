import type { Answered } from '../core/answer.ts'

/** An export on its way: its bytes in the order in which they come, read as fast as you take them. Leaving the loop ends it at the server. */
export class ExportStream implements AsyncIterable<Uint8Array> {
  readonly response: Response

  constructor(response: Response) {
    this.response = response
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = this.response.body?.getReader()
    if (!reader) return
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        yield value
      }
    } finally {
      await reader.cancel().catch(() => undefined)
    }
  }
}

export const asStream = (answer: Answered<Response>): Answered<ExportStream> => ({ ...answer, data: new ExportStream(answer.data) })

/** `text()` would swallow the byte order mark that was asked for. */
export const textOf = async ({ response }: ExportStream): Promise<string> => new TextDecoder('utf-8', { ignoreBOM: true }).decode(await response.arrayBuffer())

/** What stands in the lines of a stream, each as soon as it is whole. */
export async function* recordsOf<Item>(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Item, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line) as Item
  }
}
