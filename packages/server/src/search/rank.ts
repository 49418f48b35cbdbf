import { folded, wordsOf } from './words.ts'

export interface SearchDoc { noun: string; id: string; title: string; body: string }
export interface Ranked { doc: SearchDoc; score: number; snippet: string }

const EXACT = 1
const PREFIX = 0.9
const WITHIN = 0.75
const ONE_WRONG = 0.7
const TWO_WRONG = 0.5
const BODY = 0.8
const SHORTEST_ONE_WRONG = 4
const SHORTEST_TWO_WRONG = 8
const LEAST = 0.34
const AROUND = 40

/** Orders what an index found, the same for both databases: how well each word asked for is met, and where. */
export const rank = (words: readonly string[], docs: readonly SearchDoc[], limit: number): Ranked[] => {
  if (words.length === 0) return []
  return docs
    .map((doc) => rankOne(words, doc))
    .filter(({ score }) => score >= LEAST)
    .sort((a, b) => b.score - a.score || a.doc.title.length - b.doc.title.length || (a.doc.id < b.doc.id ? 1 : -1))
    .slice(0, limit)
}

const rankOne = (words: readonly string[], doc: SearchDoc): Ranked => {
  const [title, body] = [wordsOf(doc.title), wordsOf(doc.body)]
  let sum = 0
  let first: string | null = null
  for (const word of words) {
    const inTitle = bestOf(word, title)
    const inBody = inTitle.score === EXACT ? NOTHING : bestOf(word, body)
    const best = inTitle.score >= inBody.score * BODY ? inTitle.score : inBody.score * BODY
    sum += best
    if (best > 0 && inBody.score * BODY > inTitle.score) first ??= inBody.word
  }
  // A word that is met nowhere weighs more than several that are met well.
  const score = sum / words.length
  return { doc, score: Math.round(score * 1_000) / 1_000, snippet: snippetOf(doc, first) }
}

interface Match { score: number; word: string | null }
const NOTHING: Match = { score: 0, word: null }
const bestOf = (asked: string, words: readonly string[]): Match => {
  let best = NOTHING
  for (const word of words) {
    const score = similarity(asked, word)
    if (score > best.score) best = { score, word }
    if (score === EXACT) break
  }
  return best
}

/** How well a word meets the one asked for, 0 to 1. */
export const similarity = (asked: string, word: string): number => {
  if (asked === word) return EXACT
  if (word.startsWith(asked)) return PREFIX
  if (asked.length >= 3 && word.includes(asked)) return WITHIN
  if (asked.length < SHORTEST_ONE_WRONG) return 0
  const most = asked.length >= SHORTEST_TWO_WRONG ? 2 : 1
  const whole = distance(asked, word, most)
  if (whole <= most) return whole === 1 ? ONE_WRONG : TWO_WRONG
  // The beginning of a longer word, with a letter wrong.
  const beginning = word.length > asked.length && asked.length >= SHORTEST_ONE_WRONG + 1 ? distance(asked, word.slice(0, asked.length), 1) : 9
  return beginning <= 1 ? ONE_WRONG * PREFIX : 0
}

/** Damerau–Levenshtein (optimal string alignment) up to `most`; beyond it, any larger number. */
export const distance = (left: string, right: string, most: number): number => {
  if (Math.abs(left.length - right.length) > most) return most + 1
  let before: number[] = []
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    let least = i
    for (let j = 1; j <= right.length; j++) {
      const cost = left[i - 1] === right[j - 1] ? 0 : 1
      let value = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost)
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) value = Math.min(value, (before[j - 2] ?? 0) + 1)
      next.push(value)
      least = Math.min(least, value)
    }
    if (least > most) return most + 1
    before = row
    row = next
  }
  return row[right.length] ?? most + 1
}

const snippetOf = ({ title, body }: SearchDoc, word: string | null): string => {
  const text = body.replaceAll(/\s+/g, ' ')
  if (word === null) return text.slice(0, 2 * AROUND).trim() || title
  const at = Math.max(0, folded(text).indexOf(word))
  const from = Math.max(0, at - AROUND)
  return `${from > 0 ? '…' : ''}${text.slice(from, at + word.length + AROUND).trim()}${at + word.length + AROUND < text.length ? '…' : ''}`
}
