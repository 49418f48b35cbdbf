import { existsSync, mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NAMES = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'chrome', 'microsoft-edge']
const MAC = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium']
const CACHE = fileURLToPath(new URL('../node_modules/.cache/chromium', import.meta.url))

/** How a browser is started wherever tests run, containers and root included; without looking for its maker's servers. */
export const BROWSER_ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-dev-shm-usage']

/** A Chromium: the one `CHROME_PATH` names, an installed one, or the one inside the npm package (Linux x64). Throws a sentence that says what to install. */
export const findBrowser = async () => {
  const named = process.env.CHROME_PATH
  if (named) {
    if (existsSync(named)) return named
    throw new Error(`CHROME_PATH names ${named}, which does not exist.`)
  }
  const installed = [...MAC, ...(process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))].find((path) => existsSync(path))
  if (installed) return installed
  if (process.platform === 'linux' && process.arch === 'x64') {
    // It unpacks itself into the folder for temporary files, and brings the libraries that a bare system lacks.
    mkdirSync(CACHE, { recursive: true })
    const unlock = await alone(`${CACHE}.lock`)
    const before = process.env.TMPDIR
    process.env.TMPDIR = CACHE
    process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs22.x'
    const { default: chromium, setupLambdaEnvironment } = await import('@sparticuz/chromium')
    const path = await chromium.executablePath().finally(unlock)
    setupLambdaEnvironment?.(join(CACHE, 'al2023', 'lib'))
    // Its own configuration looks for fonts where only its maker's machines have them; without any, no text is drawn.
    const fonts = join(CACHE, 'fonts.conf')
    writeFileSync(fonts, `<?xml version="1.0"?>\n<fontconfig>\n  <dir>${join(CACHE, 'fonts')}</dir>\n  <dir>/usr/share/fonts</dir>\n  <cachedir>${join(CACHE, 'fonts-cache')}</cachedir>\n</fontconfig>\n`)
    process.env.FONTCONFIG_FILE = fonts
    process.env.LD_LIBRARY_PATH = [join(CACHE, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':')
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    return path
  }
  throw new Error('The elements are tested in a real browser, and none was found: install Chrome or Chromium, or set CHROME_PATH to one.')
}

/** One unpacks it, whoever else looks for it meanwhile waits: what is half unpacked cannot be started. */
const alone = async (lock) => {
  for (;;) {
    try {
      mkdirSync(lock)
      return () => rmdirSync(lock)
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    // Whoever made it was ended before it was done.
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs
    if (since !== undefined && Date.now() - since > LONGEST_UNPACKING_MS) try { rmdirSync(lock) } catch { /* Another did. */ }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
const LONGEST_UNPACKING_MS = 120_000
