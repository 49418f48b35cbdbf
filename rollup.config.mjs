import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import terser from '@rollup/plugin-terser'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const DIST = 'packages/elements/dist'
const TAGS = ['provider', 'pipeline', 'godmode', 'sign-in', 'settings'].map((name) => `flowstate-${name}`)
/** The server's own pages. */
const PAGES = ['sign-in', 'admin']
const plugins = [nodeResolve({ exportConditions: ['production', 'browser'] }), terser({ format: { comments: false } })]

/** The bundles lie beside the server too, which serves them at `/elements`, with the playground and the page of the API. */
const besideTheServer = {
  name: 'beside-the-server',
  closeBundle() {
    const assets = here('packages/server/assets/')
    rmSync(assets, { recursive: true, force: true })
    mkdirSync(assets, { recursive: true })
    cpSync(here('packages/elements/bundle'), `${assets}elements`, { recursive: true })
    cpSync(here('playground'), `${assets}playground`, { recursive: true })
    copyFileSync(here('node_modules/@scalar/api-reference/dist/browser/standalone.js'), `${assets}scalar.js`)
  },
}

/** `tsc -b` emits, rollup bundles: one file for a script tag, and the loader with a chunk for each element. */
export default [
  { input: `${DIST}/all.js`, output: { file: 'packages/elements/bundle/flowstate.js', format: 'es', inlineDynamicImports: true, sourcemap: true }, plugins },
  {
    input: { loader: `${DIST}/loader.js`, ...Object.fromEntries(PAGES.map((name) => [`pages/${name}`, `${DIST}/pages/${name}.js`])), ...Object.fromEntries(TAGS.map((tag) => [`define/${tag}`, `${DIST}/define/${tag}.js`])) },
    output: { dir: 'packages/elements/bundle', format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js', sourcemap: true },
    plugins: [...plugins, besideTheServer],
  },
]
