import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'
import { describe, expect, it } from 'vitest'

const entry = fileURLToPath(new URL('./index.ts', import.meta.url))
const kB = 1_000

interface Bundle { metafile: Metafile; sizeOf: (reach: (path: string) => boolean) => number; main: string }
const bundled = async (): Promise<Bundle> => {
  const { metafile, outputFiles } = await build({ entryPoints: [entry], bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser', outdir: 'out', write: false, metafile: true, conditions: ['flowstate-source'] })
  const sizes = new Map(outputFiles.map(({ path, contents }) => [relative(process.cwd(), path), gzipSync(contents, { level: 9 }).length]))
  const main = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint?.endsWith('index.ts'))?.[0] ?? ''
  return { metafile, main, sizeOf: (reach) => [...sizes].filter(([path]) => reach(path)).reduce((sum, [, size]) => sum + size, 0) }
}

/** The files that load with `path`, without what it loads later. */
const atOnce = ({ outputs }: Metafile, path: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(path)) return seen
  seen.add(path)
  for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') atOnce({ inputs: {}, outputs }, next, seen)
  return seen
}

describe('what a page loads', () => {
  it('at first is at most 8 kB, and none of it is another package\'s', async () => {
    const { metafile, main, sizeOf } = await bundled()
    const first = atOnce(metafile, main)
    expect(sizeOf((path) => first.has(path))).toBeGreaterThan(1 * kB)
    expect(sizeOf((path) => first.has(path))).toBeLessThanOrEqual(8 * kB)
    const inputs = [...first].flatMap((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}))
    expect(inputs.filter((path) => path.includes('node_modules') || path.includes('/contract/'))).toEqual([])
  })

  it('to go live is at most 6 kB more', async () => {
    const { metafile, main, sizeOf } = await bundled()
    const live = Object.keys(metafile.outputs).find((path) => path.includes('live-feed')) ?? ''
    const first = atOnce(metafile, main)
    const more = atOnce(metafile, live)
    expect(Object.keys(metafile.outputs[live]?.inputs ?? {}).some((path) => path.includes('partysocket'))).toBe(true)
    expect(sizeOf((path) => more.has(path) && !first.has(path))).toBeLessThanOrEqual(6 * kB)
  })
})
