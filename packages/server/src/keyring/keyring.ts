import { deriveSecrets, type InstanceSecrets } from '../secrets.ts'
import { newInstanceSecret, type SecretsGiven, sourceOf } from './source.ts'

/** What is under no secret that is known may be under one that another process has made since; how often that is looked up. */
const REREAD_MS = 1_000

/** All that is derived from the instance's secrets, a generation for each: the newest signs and seals, the others still verify and open. */
export const createKeyring = (given: SecretsGiven) => {
  const source = sourceOf(given)
  let secrets: readonly string[] = []
  let generations: InstanceSecrets[] = []
  let readAt = Number.NEGATIVE_INFINITY

  const take = (found: readonly string[]): void => {
    if (found.length === 0) throw new Error('There is no instance secret: put one into FLOWSTATE_SECRET, or into the file secret of the data directory. Make one with: openssl rand -base64 48')
    if (found.length === secrets.length && found.every((secret, index) => secret === secrets[index])) return
    generations = found.map(deriveSecrets)
    secrets = found
  }
  const read = (): void => {
    readAt = performance.now()
    take(source.read())
  }
  read()

  const write = (next: readonly string[]): void => {
    if (!source.write) throw new Error('Secrets that are set in the environment are changed there.')
    source.write(next)
    take(next)
  }

  return {
    current: (): InstanceSecrets => generations[0] as InstanceSecrets,
    /** Newest first. */
    all: (): readonly InstanceSecrets[] => generations,
    /** What is without the name of its generation is from before there were names. */
    oldest: (): InstanceSecrets => generations.at(-1) as InstanceSecrets,
    find(fits: (of: InstanceSecrets) => boolean): InstanceSecrets | undefined {
      const found = generations.find(fits)
      if (found || performance.now() - readAt < REREAD_MS) return found
      read()
      return generations.find(fits)
    },
    read,
    /** Whether `advance` and `keep` can be asked of it. */
    writable: source.write !== undefined,
    /** Makes a new secret the newest. */
    advance: (): void => write([newInstanceSecret(), ...secrets]),
    /** Forgets all but the newest so many. */
    keep(count: number): void {
      if (secrets.length > count) write(secrets.slice(0, count))
    },
  }
}
export type Keyring = ReturnType<typeof createKeyring>
