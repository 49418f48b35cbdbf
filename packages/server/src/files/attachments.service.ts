import { createHash } from 'node:crypto'
import { FILE_LIMIT_BYTES, type StoredFile } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import { AppError, NotFound } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { refused, settled } from '../ledger/settled.ts'
import { onceOf, settledAs, type Written } from '../ledger/writes.ts'
import { storageFaultOf } from '../storage-fault.ts'
import type { AttachmentsStore } from './attachments.store.ts'
import type { Files } from './files.ts'
import { SNIFFED_BYTES, sniff } from './sniff.ts'

interface AttachmentsDeps { store: AttachmentsStore; files: Files; ledger: Ledger; clock: Clock }

const UNKNOWN_TYPE = 'application/octet-stream'
const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,100}\/[a-z0-9!#$&^_.+-]{1,100}$/

/** Files that interactions carry: taken in as streams, their content never changed. */
export const createAttachmentsService = ({ store, files, ledger, clock }: AttachmentsDeps) => {
  const keyOf = ({ workspaceId }: Pick<Caller, 'workspaceId'>, id: string) => `attachments:${workspaceId}:${id}`

  const retrieve = async (caller: Caller, id: string): Promise<StoredFile> => {
    const file = await store.find(caller, id)
    if (!file) throw new NotFound('files', id)
    return file
  }

  const setArchived = async (caller: Caller, id: string, archived: boolean): Promise<Written> => {
    const file = await retrieve(caller, id)
    const at = instant(clock())
    if ((file.archivedAt !== null) === archived) return { status: 200, headers: {}, body: JSON.stringify(file) }
    const answer = { status: 200, headers: {}, body: [{ statement: 0 }] }
    const outcome = await ledger.run({ workspaceId: caller.workspaceId, statements: [store.archive(caller.workspaceId, id, archived ? at : null, at)], ...onceOf(caller, answer) })
    const body = outcome.state === 'committed' ? String(outcome.rows[0]?.[0]?.json) : ''
    const result = settledAs(outcome, { status: 200, headers: {}, body })
    if (result.written) return result.written
    throw refused(result.refusal)
  }

  return {
    retrieve,
    list: store.list,
    known: store.known,

    async upload(caller: Caller, { name = 'file', type }: { name?: string | undefined; type: string | null }, stream: ReadableStream<Uint8Array> | null): Promise<StoredFile> {
      if (!stream) throw new AppError('bad_request', 'Send the file as the body, with its type as Content-Type.')
      const id = newId('files')
      const hash = createHash('sha256')
      let head = new Uint8Array()
      const read = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          hash.update(chunk)
          if (head.length < SNIFFED_BYTES) head = new Uint8Array([...head, ...chunk.subarray(0, SNIFFED_BYTES - head.length)])
          controller.enqueue(chunk)
        },
      })
      const bytes = await files.write(keyOf(caller, id), stream.pipeThrough(read), FILE_LIMIT_BYTES)
      const sniffedType = sniff(head)
      const at = instant(clock())
      const file: StoredFile = { id, name: plainName(name), type: declared(type) ?? sniffedType ?? UNKNOWN_TYPE, sniffedType, bytes, sha256: hash.digest('hex'), version: 1, createdAt: at, updatedAt: at, archivedAt: null }
      try {
        settled(await ledger.run({ workspaceId: caller.workspaceId, statements: [store.insert(caller.workspaceId, file, caller.stableId)] }))
      } catch (error) {
        // What may be known all the same keeps its content.
        if (!storageFaultOf(error)?.uncertain) await files.remove(keyOf(caller, id))
        throw error
      }
      return file
    },

    async content(caller: Caller, id: string): Promise<{ file: StoredFile; stream: () => ReadableStream<Uint8Array> }> {
      const file = await retrieve(caller, id)
      return { file, stream: () => streamOf(files.read(keyOf(caller, id))) }
    },

    /** For good: its content, and all that is known of it but its id. */
    async erase(workspaceId: string, id: string): Promise<void> {
      await files.remove(keyOf({ workspaceId }, id))
      settled(await ledger.run({ workspaceId, statements: [store.blank(workspaceId, id, instant(clock()))] }))
    },

    archive: (caller: Caller, id: string): Promise<Written> => setArchived(caller, id, true),
    restore: (caller: Caller, id: string): Promise<Written> => setArchived(caller, id, false),
  }
}
export type AttachmentsService = ReturnType<typeof createAttachmentsService>

/** Read as it is asked for, and let go when nobody asks any more. */
const streamOf = (parts: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> => new ReadableStream({
  async pull(controller) {
    const { done, value } = await parts.next()
    if (done) controller.close()
    else controller.enqueue(value)
  },
  async cancel() {
    await parts.return(undefined)
  },
})

/** A name alone: no folders, nothing that a terminal or a header would obey. */
const plainName = (name: string): string => {
  const plain = (name.split(/[/\\]/).at(-1) ?? '').replaceAll(/[\p{Cc}\p{Cf}]/gu, '').trim()
  return plain === '' || plain === '.' || plain === '..' ? 'file' : plain
}

/** What its sender calls it; null for what says nothing. */
const declared = (contentType: string | null): string | null => {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return type === '' || type === UNKNOWN_TYPE || !MEDIA_TYPE.test(type) ? null : type
}
