const FIRST_MS = 1_000
const LONGEST_MS = 15 * 60_000

/** How long to wait before the next try: doubling, capped, with full jitter above the half so that retries spread. `random` in [0, 1). */
export const retryDelayMs = (attempts: number, random: number): number => {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, attempts - 1))
  return Math.round(ceiling / 2 + (ceiling / 2) * random)
}
