import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Flowstate } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killed, prepareWorkspace, serveProcess } from '../testing/processes.ts'

/** In blocks of 512 bytes: no file grows beyond 900 kB, which the system tells as it tells a disk without room. The empty database is smaller. */
const LIMITED = ['sh', '-c', 'ulimit -f 1800; exec "$@"', 'sh']
const ROWS = 6_000

describe('files on a disk without room', () => {
  let dir: string
  let key: string
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'flowstate-full-'))
    key = await prepareWorkspace(dir)
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  const left = (folder: string): string[] => {
    try {
      return readdirSync(join(dir, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name)
    } catch {
      return []
    }
  }

  /** Sends a file and another request behind it on one connection, without waiting; answers their statuses. */
  const uploadThenAsk = (port: number, bytes: number): Promise<string[]> => new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let said = ''
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`The connection was closed after: ${said}`)))
    socket.on('data', (data) => {
      said += String(data)
      const statuses = [...said.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status)
      if (statuses.length < 2) return
      socket.removeAllListeners('close')
      socket.destroy()
      resolve(statuses)
    })
    const begin = (method: string, path: string, more = '') => `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\n${more}\r\n`
    socket.write(begin('POST', '/api/v1/files', `Content-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\n`))
    socket.write(Buffer.alloc(bytes))
    socket.write(begin('GET', '/healthz'))
  })

  it('are refused with 507 and leave nothing, and an import under way waits for room without losing a row or a try', async () => {
    const limited = await serveProcess(dir, {}, LIMITED)
    const flowstate = new Flowstate({ baseUrl: limited.url, key, maxRetries: 0 })
    const refused = { status: 507, code: 'storage_full' }
    await expect(flowstate.files.upload(new Uint8Array(1_200_000))).rejects.toMatchObject(refused)
    // One that is still being sent when its first part does not fit is answered too, and so is what follows it on its connection.
    expect(await uploadThenAsk(limited.port, 20_000_000)).toEqual(['507', '200'])
    await expect(flowstate.imports.upload(`name\n${'x'.repeat(99)}\n`.repeat(12_000), { noun: 'companies' })).rejects.toMatchObject(refused)
    expect((await flowstate.files.list()).items).toEqual([])
    expect((await flowstate.imports.list()).items).toEqual([])
    expect(left('files')).toEqual([])

    const rows = Array.from({ length: ROWS }, (_, index) => `Company ${index},${'some words of no weight, '.repeat(4).trim()}`)
    const { id, taskId } = await flowstate.imports.upload(`name,description\n${rows.join('\n').replaceAll(/,(some.*)/g, ',"$1"')}\n`, { noun: 'companies' })
    // It is staged in a file of its own, which does not fit.
    const waiting = async () => {
      const { state, attempts, error } = await flowstate.tasks.retrieve(taskId)
      return `${state}, ${attempts} tries, ${error}`
    }
    await expect.poll(waiting, { timeout: 60_000 }).toMatch(/^scheduled, 0 tries, .*(disk|full|large)/)
    expect((await flowstate.imports.retrieve(id)).state).toBe('queued')
    await killed(limited.child, 'SIGTERM')
    expect(left('scratch')).toEqual([])

    const roomy = await serveProcess(dir)
    const again = new Flowstate({ baseUrl: roomy.url, key })
    await expect.poll(async () => (await again.imports.retrieve(id)).state, { timeout: 60_000, interval: 200 }).toBe('succeeded')
    expect((await again.imports.retrieve(id)).counts).toMatchObject({ rows: ROWS, created: ROWS, rejected: 0 })
    expect((await again.stats.retrieve()).crm.companies).toBe(ROWS)
    await killed(roomy.child, 'SIGTERM')
  }, 180_000)
})
