/** SHA-256 (FIPS 180-4), for pages whose browser keeps its own from them. Of what everybody may see: it takes no care of timing. */
export const sha256 = (message: Uint8Array): Uint8Array => {
  const length = Math.ceil((message.length + 9) / BLOCK) * BLOCK
  const padded = new Uint8Array(length)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(length - 8, Math.floor(message.length / 2 ** 29))
  view.setUint32(length - 4, message.length * 8)

  const state = Int32Array.from(FRACTIONS_OF_ROOTS.initial)
  const words = new Int32Array(64)
  const word = (index: number): number => words[index] ?? 0
  for (let start = 0; start < length; start += BLOCK) {
    for (let index = 0; index < 16; index++) words[index] = view.getInt32(start + index * 4)
    for (let index = 16; index < 64; index++) {
      const [early, late] = [word(index - 15), word(index - 2)]
      words[index] = word(index - 16) + word(index - 7) + (rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3)) + (rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10))
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
    for (let index = 0; index < 64; index++) {
      const first = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + (FRACTIONS_OF_ROOTS.rounds[index] ?? 0) + word(index)) | 0
      const second = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
      ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
    }
    for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0) + value
  }
  const digest = new DataView(new ArrayBuffer(32))
  for (const [index, value] of state.entries()) digest.setInt32(index * 4, value)
  return new Uint8Array(digest.buffer)
}

const BLOCK = 64
const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

/** The first 32 bits of the fractions of the square roots of the first 8 primes, and of the cube roots of the first 64. */
const FRACTIONS_OF_ROOTS = (() => {
  const primes: number[] = []
  for (let candidate = 2; primes.length < 64; candidate++) if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
  const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) | 0
  return { initial: primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))), rounds: primes.map((prime) => fraction(Math.cbrt(prime))) }
})()
