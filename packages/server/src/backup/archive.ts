import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import { MANIFEST, type Manifest, parseManifest } from './manifest.ts'

export interface ArchivePart { name: string; size: number; body: Buffer | AsyncIterable<Buffer> }

/** Parts as the bytes of a tar file, each summed on its way; the manifest that names them all comes last. Made as fast as it is read. */
export async function* tarOf(parts: AsyncIterable<ArchivePart>, manifestOf: () => Omit<Manifest, 'parts'>): AsyncGenerator<Buffer> {
  const tar = pack()
  const written: Manifest['parts'] = []
  const put = async ({ name, size, body }: ArchivePart): Promise<void> => {
    const sum = createHash('sha256')
    await new Promise<void>((resolve, reject) => {
      const entry = tar.entry({ name, size, mode: 0o600 }, (error) => (error ? reject(error) : resolve()))
      const write = async () => {
        for await (const chunk of Buffer.isBuffer(body) ? [body] : body) {
          sum.update(chunk)
          if (!entry.write(chunk)) await new Promise<void>((drained) => entry.once('drain', () => drained()))
        }
        entry.end(null)
      }
      write().catch(reject)
    })
    written.push({ name, bytes: size, sha256: sum.digest('hex') })
  }
  const produce = async () => {
    for await (const part of parts) await put(part)
    const manifest: Manifest = { ...manifestOf(), parts: written }
    const text = Buffer.from(JSON.stringify(manifest, null, 2))
    tar.entry({ name: MANIFEST, size: text.length, mode: 0o600 }, text)
    tar.finalize()
  }
  const produced = produce().catch((error: unknown) => { tar.destroy(error instanceof Error ? error : new Error(String(error))) })
  try {
    for await (const chunk of tar) yield chunk as Buffer
    await produced
  } finally {
    tar.destroy()
  }
}

const NAME = /^(?:flowstate\.db|secret|manifest\.json|tables\/[a-z0-9_]+\/\d{6}\.jsonl|files\/[^\0]+)$/

/**
 * Reads a backup part by part and holds each to its sum. `keep` gets every part as it comes; nothing that it was given may be used before
 * this resolves.
 *
 * @throws when the file is no backup, was cut off, or differs from its sums by a byte.
 */
export const readArchive = async (file: string, keep: (name: string, body: AsyncIterable<Buffer>) => Promise<void>, onProgress: (share: number) => void = () => undefined): Promise<Manifest> => {
  const whole = statSync(file).size
  const source = createReadStream(file)
  const tar = extract()
  let read = 0
  source.on('data', (chunk) => onProgress((read += chunk.length) / Math.max(1, whole)))
  source.on('error', (error) => tar.destroy(error))
  const gunzip = createGunzip()
  gunzip.on('error', (error) => tar.destroy(error))
  source.pipe(gunzip).pipe(tar)

  const found = new Map<string, { bytes: number; sha256: string }>()
  let manifest: Manifest | null = null
  try {
    for await (const entry of tar) {
      const { name, type } = entry.header
      if (type !== 'file' || !NAME.test(name) || name.split('/').includes('..') || found.has(name)) throw new Error(`it holds ${name}, which no backup does`)
      const sum = createHash('sha256')
      let bytes = 0
      const counted = async function* () {
        for await (const chunk of entry as AsyncIterable<Buffer>) {
          sum.update(chunk)
          bytes += chunk.length
          yield chunk
        }
      }
      if (name === MANIFEST) manifest = parseManifest(await textOf(counted()))
      else {
        await keep(name, counted())
        found.set(name, { bytes, sha256: sum.digest('hex') })
      }
    }
  } catch (error) {
    source.destroy()
    throw new Error(`${file} cannot be read as a backup: ${error instanceof Error ? error.message : String(error)}. It was cut off, or is another kind of file; take another copy of it.`, { cause: error })
  }
  if (!manifest) throw new Error(`${file} has no manifest at its end: it was cut off while it was written or copied. Take another copy of it.`)
  for (const { name, bytes, sha256 } of manifest.parts) {
    const part = found.get(name)
    if (!part || part.bytes !== bytes || part.sha256 !== sha256) throw new Error(`${file} is damaged: ${name} ${part ? 'is not what was backed up' : 'is missing'}. Take another copy of it.`)
  }
  if (found.size !== manifest.parts.length) throw new Error(`${file} is damaged: it holds more than its manifest says. Take another copy of it.`)
  return manifest
}

const textOf = async (chunks: AsyncIterable<Buffer>): Promise<string> => {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all).toString('utf8')
}
