const MARKS = /\p{M}+/gu
const WORD = /[\p{L}\p{N}]+(?:[@._+\-'’][\p{L}\p{N}]+)*/gu
const PARTS = /[\p{L}\p{N}]+/gu

/** Text as it is compared: without case and accents. */
export const folded = (text: string): string => text.normalize('NFKD').replaceAll(MARKS, '').toLowerCase().replaceAll('ß', 'ss').replaceAll('ł', 'l').replaceAll('ø', 'o').replaceAll('æ', 'ae').replaceAll('đ', 'd')

/** Its words, and the parts of those that are joined: `ada@x.example` is one word, and `ada`, `x` and `example` too. */
export const wordsOf = (text: string): string[] => {
  const words = folded(text).match(WORD) ?? []
  return [...new Set(words.flatMap((word) => {
    const parts = word.match(PARTS) ?? []
    return parts.length > 1 ? [word, ...parts] : [word]
  }))]
}

/** What is asked for, word by word. */
export const queryWords = (text: string): string[] => [...new Set(folded(text).match(PARTS) ?? [])].slice(0, 12)

export const trigramsOf = (word: string): string[] => Array.from({ length: Math.max(0, word.length - 2) }, (_, index) => word.slice(index, index + 3))
