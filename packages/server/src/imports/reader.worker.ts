import { parentPort, workerData } from 'node:worker_threads'
import type { ImportReject } from '@flowstate-ai/sdk/contract'
import { createFiles } from '../files/files.ts'
import { csvLine } from '../csv/cells.ts'
import { createDrafter } from './draft.ts'
import { giveWay } from './give-way.ts'
import type { ReaderAnswer, ReaderData, ReaderRequest, Staged } from './reader.ts'
import { rejectLine } from './reject-line.ts'
import { createScratch } from './scratch.ts'
import { dataRows, surveyFile, UnreadableFile } from './survey.ts'

/** The reader's thread: decodes, parses, maps, normalises and stages a file, off the event loop; then hands it over part by part. */
const { files: filesOptions, source, rejects: rejectsName, folder, settings } = workerData as ReaderData
const files = createFiles(filesOptions)
await giveWay()
const scratch = createScratch(folder, settings.noun)
const SHOWN_REJECTS = 20
const REJECTS_A_FILE = 2_000
const TELL_EVERY = 5_000

const work = async (request: ReaderRequest): Promise<unknown> => {
  switch (request.kind) {
    case 'staged': return scratch.whole ? scratch.meta<Staged>('staged') : null
    case 'survey': return surveyFile(files.read(source), settings, (rows) => tell(request.id, rows))
    case 'stage': return stage(request)
    case 'part': return scratch.part(request.after, request.limit)
    case 'learn': return scratch.learn(request.pairs)
    case 'learnAll': return scratch.learnAll(request.pairs)
    case 'forget': return scratch.forget(request.keys)
    case 'names': return scratch.names(request.keys)
    case 'close': return scratch.close()
  }
}

const stage = async ({ id, survey, context, create }: Extract<ReaderRequest, { kind: 'stage' }>): Promise<Staged> => {
  const draftOf = createDrafter(context)
  const staged: Staged = { survey, rows: 0, groups: 0, collapsed: 0, rejected: 0, rejects: [], stages: context.stages, create }
  let lines: string[] = [csvLine(['row', 'column', 'reason', ...survey.header])]
  let file = 0
  const flush = async () => {
    if (lines.length > 0) await files.put(`${rejectsName}:a-${String(file++).padStart(6, '0')}`, lines.join(''))
    lines = []
  }
  const reject = async (rejects: ImportReject[], cells: string[]) => {
    staged.rejected++
    staged.rejects.push(...rejects.slice(0, SHOWN_REJECTS - staged.rejects.length))
    for (const each of rejects) lines.push(rejectLine(settings.format, { ...each, cells }))
    if (lines.length >= REJECTS_A_FILE) await flush()
  }
  await files.remove(`${rejectsName}:a`)
  // The survey knows the whole header; that of JSONL grows again as its rows are read, in the same order.
  const header: string[] = settings.format === 'jsonl' ? [...survey.header] : []
  for await (const row of dataRows(files.read(source), settings, header)) {
    staged.rows++
    if (staged.rows % TELL_EVERY === 0) tell(id, staged.rows)
    const draft = draftOf(row)
    if (Array.isArray(draft)) {
      await reject(draft, row.cells)
      continue
    }
    const became = scratch.stage(staged.rows, draft, survey.keyless)
    if (became === 'new') staged.groups++
    else if (became === 'collapsed') staged.collapsed++
    else await reject([became], row.cells)
  }
  await flush()
  scratch.finish({ staged })
  return staged
}

const answer = (message: ReaderAnswer) => parentPort?.postMessage(message)
const tell = (id: number, rows: number) => answer({ kind: 'progress', id, rows })

parentPort?.on('message', (request: ReaderRequest) => {
  void work(request).then(
    (value) => answer({ kind: 'done', id: request.id, value }),
    (error: unknown) => answer({ kind: 'failed', id: request.id, message: error instanceof Error ? error.message : String(error), code: (error as { code?: string }).code, unreadable: error instanceof UnreadableFile }),
  ).finally(() => { if (request.kind === 'close') parentPort?.close() })
})
