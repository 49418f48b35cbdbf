import { isAscii, isUtf8 } from 'node:buffer'
import type { ImportEncoding } from '@flowstate-ai/sdk/contract'

/** A file's bytes as text, a part at a time. What is no text in its encoding becomes U+FFFD, which rows are refused for. */
export async function* decoded(parts: AsyncIterable<Uint8Array>, encoding: ImportEncoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const part of parts) yield decoder.decode(part, { stream: true })
  const last = decoder.decode()
  if (last !== '') yield last
}

export interface Sniffed { encoding: ImportEncoding; bom: boolean }

const SAMPLE_BYTES = 262_144
/** The longest unfinished character at the end of a part, in UTF-8. */
const MOST_TAIL = 3

/** Looks at a file while it passes: its beginning, and whether all of it is UTF-8. */
export const createSniffer = () => {
  const kept: Uint8Array[] = []
  let bytes = 0
  let tail: Uint8Array = new Uint8Array(0)
  let damaged = 0
  let sound = 0
  let zeros = { even: 0, odd: 0 }

  const look = (part: Uint8Array) => {
    if (bytes < SAMPLE_BYTES) {
      const piece = part.subarray(0, SAMPLE_BYTES - bytes)
      for (let at = 0; at < piece.length; at++) if (piece[at] === 0) zeros = (bytes + at) % 2 === 0 ? { ...zeros, even: zeros.even + 1 } : { ...zeros, odd: zeros.odd + 1 }
      kept.push(Uint8Array.from(piece))
    }
    bytes += part.length
    if (tail.length === 0 && isAscii(part)) return
    const whole = tail.length > 0 ? Buffer.concat([tail, part]) : part
    const end = unfinished(whole)
    const ready = whole.subarray(0, whole.length - end)
    tail = Uint8Array.from(whole.subarray(whole.length - end))
    if (isUtf8(ready)) {
      for (const byte of ready) if (byte >= 0xc0) sound++
      return
    }
    const text = new TextDecoder('utf-8').decode(ready)
    const bad = text.match(/\uFFFD/g)?.length ?? 0
    damaged += bad
    for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) sound++
    sound -= bad
  }

  return {
    async *watch(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const part of stream) {
        look(part)
        yield part
      }
    },
    /** The beginning, as it is; up to 256 KB. */
    sample: (): Buffer => Buffer.concat(kept),
    /** What the bytes suggest: a mark at the beginning, then zeros at every other place, then whether all of it is UTF-8. */
    encoding(): Sniffed {
      const start = Buffer.concat(kept)
      if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return { encoding: 'utf-8', bom: true }
      if (start[0] === 0xff && start[1] === 0xfe) return { encoding: 'utf-16le', bom: true }
      if (start[0] === 0xfe && start[1] === 0xff) return { encoding: 'utf-16be', bom: true }
      const half = start.length / 2
      if (zeros.odd > half * 0.4 && zeros.even < half * 0.1) return { encoding: 'utf-16le', bom: false }
      if (zeros.even > half * 0.4 && zeros.odd < half * 0.1) return { encoding: 'utf-16be', bom: false }
      // Some broken characters among many sound ones are a damaged file, not another encoding.
      return { encoding: damaged + tail.length > 0 && damaged + tail.length >= sound ? 'windows-1252' : 'utf-8', bom: false }
    },
  }
}

/** How many bytes at the end begin a character that is not finished there. */
const unfinished = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(MOST_TAIL, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0
  }
  return 0
}
