/** A line longer than this many characters cannot be read; memory stays bounded whatever a file holds. */
export const LONGEST_LINE = 1_000_000

/** `end`: the break after it, which belongs to the text of a cell that goes on. */
export interface Line { line: number; text: string; tooLong: boolean; end: string }

/** Physical lines; of one that is too long only its place is kept. */
export async function* lines(texts: AsyncIterable<string>): AsyncGenerator<Line> {
  let rest = ''
  let dropping = false
  let line = 1
  let breakAt: string | null = null
  for await (const text of texts) {
    breakAt ??= text.includes('\n') ? '\n' : text.includes('\r') ? '\r' : null
    const mark = breakAt ?? '\n'
    let from = 0
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, from)) {
      const piece = rest + text.slice(from, at)
      const returned = piece.endsWith('\r')
      yield { line, text: dropping ? '' : returned ? piece.slice(0, -1) : piece, tooLong: dropping || piece.length > LONGEST_LINE, end: returned ? '\r\n' : mark }
      line++
      rest = ''
      dropping = false
      from = at + 1
    }
    if (!dropping) rest += text.slice(from)
    if (rest.length <= LONGEST_LINE) continue
    dropping = true
    rest = ''
  }
  if (dropping || rest !== '') yield { line, text: rest.endsWith('\r') ? rest.slice(0, -1) : rest, tooLong: dropping, end: '' }
}
