import { spawn } from 'node:child_process'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import './node-version.mjs'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Runs a program of node_modules/.bin, or Node, to its end; answers its exit code. */
export const run = (program, args, { env = {}, cwd = ROOT } = {}) => new Promise((resolve, reject) => {
  const path = program === 'node' ? process.execPath : `${ROOT}node_modules/.bin/${program}`
  const child = spawn(path, args, { cwd, stdio: 'inherit', env: { ...process.env, PATH: `${ROOT}node_modules/.bin${delimiter}${process.env.PATH}`, ...env } })
  child.once('error', reject)
  child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)))
})

export const must = async (program, args, options) => {
  const code = await run(program, args, options)
  if (code !== 0) process.exit(code)
}
