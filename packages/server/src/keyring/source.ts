import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

/** Where an instance's secrets stand, the newest first: it signs and seals, the others still verify and open. */
export interface SecretSource {
  read(): readonly string[]
  /** Where the server may change them itself; absent: whoever sets the environment does. */
  write?(secrets: readonly string[]): void
}
export type SecretsGiven = string | readonly string[] | SecretSource

export const sourceOf = (given: SecretsGiven): SecretSource => {
  if (typeof given === 'object' && 'read' in given) return given
  const secrets = [given].flat()
  return { read: () => secrets }
}

export const newInstanceSecret = (): string => randomBytes(48).toString('base64url')

/** One secret a line, in a file of mode 0600 that is made with a random one; replaced as a whole, and on the disk before it counts. */
export const secretFile = (dataDir: string): SecretSource => {
  const file = join(dataDir, 'secret')
  return {
    read() {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 })
      if (!existsSync(file)) writeFileSync(file, newInstanceSecret(), { mode: 0o600, flag: 'wx' })
      chmodSync(file, 0o600)
      return linesOf(readFileSync(file, 'utf8'))
    },
    write(secrets) {
      const next = `${file}.next`
      writeFileSync(next, secrets.join('\n'), { mode: 0o600, flush: true })
      renameSync(next, file)
      syncFolder(dataDir)
    },
  }
}

/** The secrets of a file, as it stands there or in a backup. */
export const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '')

const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
