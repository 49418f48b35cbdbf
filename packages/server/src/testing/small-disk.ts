import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  /** How it was made, for people. */
  how: string
  dir: string
  /** Takes all the room that is left; again, as often as some is found. */
  fill(pid: number): void
  free(pid: number): void
  remove(): void
}

const MEGABYTE = 1_048_576
const LIMIT_BYTES = 65_536

/**
 * A disk that can be filled: a file system of its own in memory, where that may be mounted; null where it may not.
 */
export const mountSmallDisk = (megabytes: number): SmallDisk | null => {
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-disk-'))
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', dir]).status !== 0) {
    rmSync(dir, { recursive: true, force: true })
    return null
  }
  const ballast = join(dir, 'ballast')
  // Lazily: whoever still has a file open keeps it until then, and no mount stays behind.
  const remove = () => {
    process.off('exit', remove)
    spawnSync('umount', ['-l', dir])
    rmSync(dir, { recursive: true, force: true })
  }
  process.once('exit', remove)
  return {
    how: `a file system of ${megabytes} MB of its own, filled to the last page`, dir,
    fill() {
      const file = openSync(ballast, 'a')
      try {
        for (const size of [MEGABYTE, 4_096]) while (wrote(file, size)) continue
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remove,
  }
}

const wrote = (file: number, size: number): boolean => {
  try {
    return writeSync(file, Buffer.alloc(size)) === size
  } catch {
    return false
  }
}

/** Where nothing may be mounted: the system's limit on how far a process may write into any file, which it tells as a failed write. */
export const limitedDisk = (): SmallDisk => {
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-disk-'))
  const limit = (pid: number, bytes: string) => {
    if (spawnSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:unlimited`]).status !== 0) throw new Error('This needs prlimit, of util-linux, or to be allowed to mount.')
  }
  return {
    how: `no disk of its own is mounted: the process may write no file beyond ${LIMIT_BYTES / 1_024} kB (RLIMIT_FSIZE)`, dir,
    fill: (pid) => limit(pid, String(LIMIT_BYTES)),
    free: (pid) => limit(pid, 'unlimited'),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
