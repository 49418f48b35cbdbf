/** A small seeded generator (mulberry32): the same seed gives the same demo everywhere. */
export const createRandom = (seed: number) => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    below,
    between: (low: number, high: number): number => low + below(high - low + 1),
    pick: <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item,
    chance: (probability: number): boolean => next() < probability,
  }
}
export type Random = ReturnType<typeof createRandom>
