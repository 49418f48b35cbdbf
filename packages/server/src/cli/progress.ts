/** How far something is: a share between 0 and 1, null while that is not known, and what there is to say of it. */
export interface Progress {
  at(share: number | null, words?: string): void
  /** The last line, left standing; `words` are what it ends with. */
  end(words?: string): void
}

interface Terminal { isTTY?: boolean; columns?: number; write(text: string): unknown }
const BAR = 30
const EVERY_MS = 80
const DIM = ['\u001B[2m', '\u001B[0m'] as const

/** A bar on a terminal; nothing at all where stderr is none, or `--json` was asked for. `NO_COLOR` leaves its colours out. */
export const createProgress = ({ json, terminal = process.stderr, noColor = (process.env.NO_COLOR ?? '') !== '', now = () => performance.now() }: { json: boolean; terminal?: Terminal; noColor?: boolean; now?: () => number }): Progress => {
  if (json || terminal.isTTY !== true) return { at: () => undefined, end: () => undefined }
  const [dim, plain] = noColor ? ['', ''] : DIM
  let last = -Infinity
  let drawn = false
  let state: { share: number | null; words: string } = { share: null, words: '' }
  const draw = (ending = '') => {
    const { share, words } = state
    const filled = Math.round((share ?? 0) * BAR)
    const bar = `${'█'.repeat(filled)}${dim}${'░'.repeat(BAR - filled)}${plain}`
    const room = (terminal.columns ?? 80) - BAR - 10
    terminal.write(`\r\u001B[2K${bar} ${share === null ? '   ' : `${String(Math.floor(share * 100)).padStart(3)}%`}  ${words.slice(0, Math.max(0, room))}${ending}`)
    drawn = true
  }
  return {
    at(share, words = state.words) {
      state = { share: share === null ? null : Math.min(1, Math.max(0, share)), words }
      if (now() - last < EVERY_MS) return
      last = now()
      draw()
    },
    end(words = state.words) {
      if (!drawn && words === '') return
      state = { share: 1, words }
      draw('\n')
    },
  }
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']
/** `1234567` bytes as `1.2 MB`. */
export const bytesText = (bytes: number): string => {
  const power = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3))
  return `${power === 0 ? bytes : (bytes / 1_000 ** power).toFixed(1)} ${UNITS[power]}`
}
