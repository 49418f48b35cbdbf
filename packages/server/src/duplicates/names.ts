import { distance } from '../search/rank.ts'
import { folded } from '../search/words.ts'

const PARTS = /[\p{L}\p{N}]+/gu
const TITLES: ReadonlySet<string> = new Set(['dr', 'prof', 'mr', 'mrs', 'ms', 'miss', 'herr', 'frau', 'mme', 'sr', 'sra', 'ing', 'dipl', 'mag', 'jr', 'phd', 'mba'])
const LEGAL_FORMS: ReadonlySet<string> = new Set(['gmbh', 'ag', 'kg', 'ohg', 'ug', 'se', 'ev', 'inc', 'incorporated', 'corp', 'corporation', 'co', 'company', 'llc', 'llp', 'ltd', 'limited', 'plc', 'sa', 'sas', 'sarl', 'srl', 'spa', 'bv', 'nv', 'ab', 'as', 'aps', 'oy', 'oyj', 'sro', 'zoo', 'sp', 'kft', 'pty', 'pte', 'holding', 'group'])
const SAME_FORM: Record<string, string> = { limited: 'ltd', incorporated: 'inc', corporation: 'corp', company: 'co', oyj: 'oy' }
const FILLERS: ReadonlySet<string> = new Set(['the', 'and', 'und', 'et', 'y', 'of'])

/** Words as names are compared by: without case, accents and titles, and with ä as ae, a and ä alike. */
export const nameTokens = (name: string): string[] => plainParts(name).filter((part) => !TITLES.has(part))

/** A company's name without what every company's has, and its legal forms. */
export const companyTokens = (name: string): { core: string[]; legal: string[] } => {
  // `S.A.`, `s. r. o.`: letters between dots are one word.
  const parts = plainParts(name.replaceAll(/\b(\p{L})\.\s?(?=\p{L}\b)/gu, '$1'))
  const core = parts.filter((part) => !LEGAL_FORMS.has(part) && !FILLERS.has(part))
  return core.length > 0 ? { core, legal: parts.filter((part) => LEGAL_FORMS.has(part)).map((form) => SAME_FORM[form] ?? form) } : { core: parts, legal: [] }
}

const plainParts = (name: string): string[] => (folded(name).match(PARTS) ?? []).map((part) => part.replaceAll(/([aou])e/g, '$1'))

/** Consonants in the order of their first coming: what vowels, doubled letters and the usual confusions leave unchanged. For keys, not for scores. */
export const skeleton = (token: string): string => {
  const simple = token.replaceAll('ph', 'f').replaceAll('ck', 'k').replaceAll('c', 'k').replaceAll(/[yj]/g, 'i').replaceAll('w', 'v').replaceAll('z', 's').replaceAll('dt', 't')
  return simple.slice(0, 1) + simple.slice(1).replaceAll(/[aeiouh]/g, '').replaceAll(/(.)\1+/g, '$1')
}

export type NameKind = 'same-name' | 'similar-name' | 'part-of-name' | 'initials' | 'different-given-name' | 'different-name'

const CLOSE = 0.92
const SHORTEST_TYPO = 4
type TokenMatch = 'same' | 'typo' | 'initial' | 'different'

/** How two names compare, word by word, each word of the shorter one matched with the best of the longer. */
export const compareNames = (left: readonly string[], right: readonly string[]): NameKind => {
  const [short, long] = left.length <= right.length ? [left, [...right]] : [right, [...left]]
  if (short.length === 0) return 'different-name'
  const found = matchAll(short, long)
  if (found.every((match) => match === 'same')) return short.length === long.length ? 'same-name' : short.length > 1 ? 'part-of-name' : 'different-given-name'
  // Written together on one side: `Anna-Lena`, `Annalena`; `Blue Bird`, `Bluebird`.
  if (short.length !== long.length && tokenMatch(short.join(''), long.join('')) !== 'different' && short.join('').length >= 2 * SHORTEST_TYPO) return short.join('') === long.join('') ? 'same-name' : 'similar-name'
  if (found.every((match) => match !== 'different')) {
    if (found.every((match) => match === 'initial') || !found.some((match) => match !== 'initial')) return 'different-name'
    if (found.includes('initial')) return 'initials'
    if (found.filter((match) => match === 'typo').length === 1 || short.length > 2) return short.length > 1 || long.length === 1 ? 'similar-name' : 'different-given-name'
    return 'part-of-name'
  }
  return isClose(short.at(-1) ?? '', long.at(-1) ?? '') ? 'different-given-name' : 'different-name'
}

const RANK: Record<TokenMatch, number> = { same: 3, typo: 2, initial: 1, different: 0 }
const matchAll = (short: readonly string[], long: readonly string[]): TokenMatch[] => {
  const left = [...long]
  // What is the same on both sides goes first, so that a word that merely resembles takes no place of it.
  const results: TokenMatch[] = []
  const rest: string[] = []
  for (const token of short) {
    const at = left.indexOf(token)
    if (at < 0) rest.push(token)
    else {
      left.splice(at, 1)
      results.push('same')
    }
  }
  for (const token of rest) {
    let best: { match: TokenMatch; at: number } = { match: 'different', at: -1 }
    left.forEach((other, at) => {
      const match = tokenMatch(token, other)
      if (RANK[match] > RANK[best.match]) best = { match, at }
    })
    if (best.at >= 0) left.splice(best.at, 1)
    results.push(best.match)
  }
  return results
}

const tokenMatch = (left: string, right: string): TokenMatch => {
  if (left === right) return 'same'
  if (left.length === 1 || right.length === 1) return left[0] === right[0] ? 'initial' : 'different'
  return isClose(left, right) ? 'typo' : 'different'
}

/** One letter wrong from four letters on, two from eight, and no other first letter unless the two were swapped. Numbers are never close. */
export const isClose = (left: string, right: string): boolean => {
  if (left === right) return true
  const shorter = Math.min(left.length, right.length)
  if (shorter < SHORTEST_TYPO || /\d/.test(left + right)) return false
  if (left[0] !== right[0] && (left[0] !== right[1] || left[1] !== right[0])) return false
  const most = shorter >= 2 * SHORTEST_TYPO ? 2 : 1
  return distance(left, right, most) <= most && jaroWinkler(left, right) >= (shorter < 6 ? CLOSE - 0.1 : CLOSE - 0.05)
}

/** Jaro–Winkler similarity, 0 to 1 (Winkler 1990, prefix scale 0.1, at most four letters). */
export const jaroWinkler = (left: string, right: string): number => {
  if (left === right) return 1
  const reach = Math.max(0, Math.floor(Math.max(left.length, right.length) / 2) - 1)
  const taken = new Array<boolean>(right.length).fill(false)
  const matched: string[] = []
  for (let i = 0; i < left.length; i++) {
    for (let j = Math.max(0, i - reach); j < Math.min(right.length, i + reach + 1); j++) {
      if (taken[j] || left[i] !== right[j]) continue
      taken[j] = true
      matched.push(left[i] ?? '')
      break
    }
  }
  if (matched.length === 0) return 0
  const other = [...right].filter((_, j) => taken[j])
  const swapped = matched.filter((letter, index) => letter !== other[index]).length / 2
  const jaro = (matched.length / left.length + matched.length / right.length + (matched.length - swapped) / matched.length) / 3
  let prefix = 0
  while (prefix < 4 && left[prefix] === right[prefix] && left[prefix] !== undefined) prefix++
  return jaro + prefix * 0.1 * (1 - jaro)
}
