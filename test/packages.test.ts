import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = new URL('..', import.meta.url).pathname
const PACKAGES = ['sdk', 'party', 'elements', 'server']

describe('the packed packages', () => {
  let project: string
  const tarballs: Record<string, string> = {}
  const npm = (args: string[], cwd: string) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'flowstate-packed-'))
    mkdirSync(join(project, 'tarballs'))
    for (const name of PACKAGES) {
      const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', join(project, 'tarballs')], join(ROOT, 'packages', name))) as [{ filename: string }]
      tarballs[name] = `file:${join(project, 'tarballs', packed.filename)}`
    }
    writeFileSync(join(project, 'package.json'), JSON.stringify({
      private: true, type: 'module',
      dependencies: Object.fromEntries(PACKAGES.map((name) => [`@flowstate-ai/${name}`, tarballs[name]])),
      devDependencies: { typescript: '7.0.2', '@types/node': '24.10.1', '@types/better-sqlite3': '9.6.0', '@types/pg': '8.23.1' },
      overrides: Object.fromEntries(PACKAGES.map((name) => [`@flowstate-ai/${name}`, tarballs[name]])),
    }))
    npm(['install', '--no-audit', '--no-fund', '--prefer-offline'], project)
  }, 240_000)
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  const compile = (name: string, source: string, options: object) => {
    writeFileSync(join(project, `${name}.ts`), source)
    writeFileSync(join(project, `tsconfig.${name}.json`), JSON.stringify({ compilerOptions: { strict: true, noEmit: true, target: 'es2023', module: 'nodenext', moduleResolution: 'nodenext', ...options }, files: [`${name}.ts`] }))
    try {
      execFileSync(join(project, 'node_modules/.bin/tsc'), ['-p', `tsconfig.${name}.json`], { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
      return ''
    } catch (error) {
      return String((error as { stdout?: string }).stdout)
    }
  }

  it('type-check in an empty project: the SDK strictly, its dependencies\' types included', () => {
    expect(compile('sdk', `
      import { Flowstate, StaleError, type Deal } from '@flowstate-ai/sdk'
      import { NewDeal } from '@flowstate-ai/sdk/contract'
      const flowstate = new Flowstate({ baseUrl: 'http://x', key: 'fsk_x' })
      export const move = async (deal: Deal): Promise<number> => (await flowstate.deals.move(deal.id, { stageId: deal.stageId }, { ifMatch: deal.version })).version
      export const stale = (error: unknown): boolean => error instanceof StaleError
      export const parsed: string = NewDeal.parse({ title: 'x' }).title
      // @ts-expect-error a deal has no colour
      flowstate.deals.create({ title: 'x', colour: 'red' })
    `, { lib: ['es2024', 'dom', 'dom.iterable'], types: [], skipLibCheck: false })).toBe('')
  })

  it('type-check in an empty project: elements and server', () => {
    expect(compile('rest', `
      import { createFlowstate } from '@flowstate-ai/server'
      import { FlowstatePipeline } from '@flowstate-ai/elements'
      import '@flowstate-ai/elements/define/flowstate-pipeline'
      export const start = async () => (await createFlowstate({ secret: 'x'.repeat(40), basePath: '/crm' })).app
      export const board = (element: FlowstatePipeline): string => element.pipeline
    `, { lib: ['es2024', 'dom', 'dom.iterable'], types: ['node'], skipLibCheck: true })).toBe('')
  })

  it('run: the server opens a database of its own and answers', () => {
    writeFileSync(join(project, 'run.mjs'), `
      import { createFlowstate } from '@flowstate-ai/server'
      const server = await createFlowstate({ secret: 'x'.repeat(40), dataDir: ${JSON.stringify(join(project, 'data'))}, workerConcurrency: 0 })
      console.log((await server.fetch(new Request('http://x/readyz'))).status, (await server.fetch(new Request('http://x/elements/flowstate.js'))).status)
      await server.close()
    `)
    expect(execFileSync(process.execPath, ['run.mjs'], { cwd: project, encoding: 'utf8' }).trim()).toBe('200 200')
  })

  it('keep the SDK\'s main entry free of packages at run time', () => {
    const dist = join(project, 'node_modules/@flowstate-ai/sdk/dist')
    const seen = new Set<string>()
    const visit = (file: string) => {
      if (seen.has(file)) return
      seen.add(file)
      for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/^\s*(?:import|export)\b(?:[^'"\n]*\bfrom)?\s*['"]([^'"]+)['"]/gm)) {
        expect(specifier.startsWith('.'), `${file} imports ${specifier}`).toBe(true)
        visit(join(file, '..', specifier))
      }
    }
    visit(join(dist, 'index.js'))
  })

  it('stay within their sizes, packed as browsers get them', () => {
    const sizeOf = (path: string) => gzipSync(readFileSync(join(ROOT, 'packages/elements/bundle', path))).length / 1_024
    expect(sizeOf('loader.js')).toBeLessThan(2)
    expect(sizeOf('flowstate.js')).toBeLessThan(75)
    // The SDK has a limit of its own, and most of it is loaded when it is needed.
    const ofSdk = /^(client(?!-host)|live-feed|loop|make-client|bulk|change-stream|export-stream|hmac|import-wait|sign|token|upload|verify)-/
    const chunks = readdirSync(join(ROOT, 'packages/elements/bundle/chunks')).filter((name) => name.endsWith('.js') && !ofSdk.test(name)).reduce((sum, name) => sum + sizeOf(`chunks/${name}`), 0)
    expect(sizeOf('define/flowstate-pipeline.js') + chunks).toBeLessThan(22)
    expect(sizeOf('define/flowstate-godmode.js') + chunks).toBeLessThan(40)
  })
})
