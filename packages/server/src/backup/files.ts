import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import type { ArchivePart } from './archive.ts'

/** Paths of all files below a folder, with `/` between their names, sorted. */
export const filesBelow = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')).sort() : []

/**
 * Gives every file of a folder a second name in another, so that it stays when the first is removed. Called before and after the database's
 * snapshot begins: then whatever the snapshot speaks of is there.
 */
export const linkFiles = (from: string, to: string): void => {
  for (const path of filesBelow(from)) {
    const target = join(to, path)
    if (existsSync(target)) continue
    mkdirSync(dirname(target), { recursive: true })
    try {
      linkSync(join(from, path), target)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Removed meanwhile, by a commit that the snapshot has too.
      if (code === 'ENOENT' || code === 'EEXIST') continue
      // Another disk, or one that knows no links.
      copyFileSync(join(from, path), target)
    }
  }
}

export async function* fileParts(folder: string): AsyncGenerator<ArchivePart> {
  // Uploads lie in parts of a megabyte, so that one may be held as a whole.
  for (const path of filesBelow(folder)) {
    const body = readFileSync(join(folder, path))
    yield { name: `files/${path}`, size: body.length, body }
  }
}

export const bytesBelow = (folder: string): number => filesBelow(folder).reduce((sum, path) => sum + statSync(join(folder, path)).size, 0)
