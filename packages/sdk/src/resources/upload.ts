import type { RequestBody, RequestOptions } from '../core/transport.ts'

export interface UploadOptions extends RequestOptions {
  /** Bytes handed to the network so far. A browser that cannot stream a body tells only the end. */
  onProgress?: (bytes: number) => void
}

/** A file's content. A Node stream is an async iterable of its chunks. */
export type UploadSource = string | Blob | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>

/** Makes a request's body of it, telling the bytes as they are taken; nothing is read before the network asks. */
export const toUpload = (source: UploadSource, onProgress?: (bytes: number) => void): RequestBody => {
  if (source instanceof ReadableStream) return onProgress ? counted(iterate(source), onProgress) : source
  if (isAsyncIterable(source)) return counted(source, onProgress)
  if (!onProgress) return source as RequestBody
  // Few browsers stream a body over HTTP/1.1; a whole one works everywhere.
  if ('document' in globalThis) {
    onProgress(typeof source === 'string' ? new TextEncoder().encode(source).length : source instanceof Blob ? source.size : source.byteLength)
    return source as RequestBody
  }
  return counted(iterate(new Blob([source as BlobPart]).stream()), onProgress)
}

const isAsyncIterable = (source: UploadSource): source is AsyncIterable<Uint8Array | string> =>
  typeof source === 'object' && Symbol.asyncIterator in source

const counted = (source: AsyncIterable<Uint8Array | string>, onProgress?: (bytes: number) => void): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  const iterator = source[Symbol.asyncIterator]()
  let bytes = 0
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) return controller.close()
      const chunk = typeof value === 'string' ? encoder.encode(value) : value
      bytes += chunk.byteLength
      controller.enqueue(chunk)
      onProgress?.(bytes)
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}

/** `ReadableStream` is not async iterable in every browser. */
async function* iterate(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader()
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
