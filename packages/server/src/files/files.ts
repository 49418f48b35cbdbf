import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs-lite'
import { AppError } from '../errors.ts'
import { storageFaultOf } from '../storage-fault.ts'

export interface FilesOptions { dataDir: string; storageUrl?: string }

const PART_BYTES = 1_048_576

/**
 * Blobs behind unstorage, in parts: what is uploaded is written while it arrives and read back as it is needed, so that memory is
 * bounded and a reader can go on where it stopped.
 */
export const createFiles = ({ dataDir, storageUrl }: FilesOptions) => {
  if (storageUrl !== undefined && !storageUrl.startsWith('file:')) throw new Error('STORAGE_URL must begin with file:; other stores come later')
  const base = storageUrl ? fileURLToPath(storageUrl) : join(dataDir, 'files')
  const storage = createStorage({ driver: fsDriver({ base }) })
  const partKey = (name: string, index: number) => `${name}:part-${String(index).padStart(6, '0')}`

  const files = {
    /** Writes a stream; refuses what is larger than `limit` bytes and keeps nothing of it. */
    async write(name: string, stream: AsyncIterable<Uint8Array>, limit: number): Promise<number> {
      let bytes = 0
      let index = 0
      let pending: Uint8Array[] = []
      let size = 0
      const flush = async () => {
        if (size === 0) return
        await storage.setItemRaw(partKey(name, index++), Buffer.concat(pending))
        pending = []
        size = 0
      }
      const chunks = stream[Symbol.asyncIterator]()
      try {
        for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
          const chunk = next.value
          bytes += chunk.byteLength
          if (bytes > limit) throw new AppError('too_large', `The file is larger than the ${limit} bytes that this route takes.`)
          pending.push(chunk)
          size += chunk.byteLength
          if (size >= PART_BYTES) await flush()
        }
        await flush()
      } catch (error) {
        await files.remove(name)
        // Its sender is told only once all was sent: cut off before, it would take this for a broken connection.
        if (storageFaultOf(error)) await passOver(chunks, limit - bytes)
        await chunks.return?.()
        throw error
      }
      return bytes
    },

    /** The parts of a file in their order. */
    async *read(name: string): AsyncGenerator<Buffer> {
      for (let index = 0; ; index++) {
        const part = await storage.getItemRaw<Buffer>(partKey(name, index))
        if (part === null || part === undefined) return
        yield Buffer.from(part)
      }
    },

    /** One small text, replaced as a whole. */
    put: (name: string, text: string): Promise<void> => storage.setItemRaw(name, Buffer.from(text)),

    /** The texts below a name, in the order of their names, one at a time. */
    async *texts(name: string): AsyncGenerator<string> {
      for (const key of (await storage.getKeys(name)).sort()) yield String(await storage.getItemRaw<Buffer>(key))
    },

    /** The names of the texts below a name, in their order. */
    names: async (name: string): Promise<string[]> => (await storage.getKeys(name)).sort(),
    text: async (name: string): Promise<string> => String((await storage.getItemRaw<Buffer>(name)) ?? ''),

    /** One by one: the driver's own `clear` leaves the files of a folder where they are. */
    async remove(name: string): Promise<void> {
      for (const key of await storage.getKeys(name)) await storage.removeItem(key)
    },
  }
  return files
}
/** Reads on to the end, or over so many bytes, and keeps nothing. */
const passOver = async (chunks: AsyncIterator<Uint8Array>, most: number): Promise<void> => {
  let left = most
  for (let next = await chunks.next(); !next.done && left > 0; next = await chunks.next()) left -= next.value.byteLength
}

export type Files = ReturnType<typeof createFiles>
