import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { freshDatabase } from '../testing/databases.ts'
import { createTestServer } from '../testing/server.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

it('the guide to duplicates runs as it stands there, as one program', async () => {
  const program = [...readFileSync(join(ROOT, 'docs/guides/duplicates.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) => text).join('\n')
  const home = await freshDatabase('sqlite')
  const test = await createTestServer(home)
  await test.flowstate.pipelines.create({ name: 'Sales' })
  const { url, stop } = await test.listen()
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-guide-'))
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
  writeFileSync(join(dir, 'guide.ts'), program)
  const child = spawn(process.execPath, ['--conditions=flowstate-source', 'guide.ts'], { cwd: dir, env: { ...process.env, CRM_URL: url, CRM_KEY: test.secret }, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { out += String(chunk) })
  const status = await new Promise((resolve) => child.once('exit', resolve))
  await stop()
  await test.close()
  await home.dispose()
  rmSync(dir, { recursive: true, force: true })
  expect(status, out).toBe(0)
  expect(out).toMatch(/^[\d.]+ Ada Lovelock Ada Lovelok similar-name 5.5, same-email 14/m)
  expect(out).toMatch(/^archive customers cus_/m)
  expect(out).toContain('+49 30 5550199\nnull\n')
  expect(out).toMatch(/^[\d.]+ cus_\w+ into cus_/m)
})
