import { hkdfSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { z } from 'zod'
import type { Dialect } from '../db/columns.ts'

/** The last part of every backup: without it the file was cut off. */
export const MANIFEST = 'manifest.json'

const Manifest = z.object({
  format: z.literal(1),
  /** Of the Flowstate that wrote it. */
  version: z.string(),
  createdAt: z.string(),
  dialect: z.enum(['sqlite', 'postgres']),
  /** Hashes of the migrations that its schema has been through, in their order. */
  migrations: z.array(z.string()),
  /** How far each workspace's feed had come. */
  workspaces: z.array(z.object({ id: z.string(), slug: z.string(), seq: z.number() })),
  /** PostgreSQL's tables, in the order in which they can be filled. */
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()), rows: z.number() })),
  /** Which secret its keys were made with; the secret itself is a part of its own, and only when that was asked for. */
  secret: z.object({ fingerprint: z.string(), included: z.boolean() }),
  parts: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
})
export type Manifest = z.infer<typeof Manifest>

export const parseManifest = (text: string): Manifest => {
  const parsed = Manifest.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  throw new Error('This file is no backup that this version of Flowstate can read.')
}

/** Tells two secrets apart and says nothing of either. */
export const fingerprintOf = (secret: string): string => Buffer.from(hkdfSync('sha256', secret, 'flowstate', 'backup fingerprint', 8)).toString('hex')

export const migrationsFolder = (dialect: Dialect): string => fileURLToPath(new URL(`../../migrations/${dialect}`, import.meta.url))
/** Hashes of all migrations that this version knows, in their order. */
export const knownMigrations = (dialect: Dialect): string[] => readMigrationFiles({ migrationsFolder: migrationsFolder(dialect) }).map(({ hash }) => hash)

/** A backup can be read when what it has been through is the beginning of what this version knows. */
export const refuseNewer = ({ migrations, dialect, version }: Manifest): void => {
  const known = knownMigrations(dialect)
  if (migrations.every((hash, index) => known[index] === hash)) return
  throw new Error(`This backup was written by a newer Flowstate (${version}), whose schema this one does not know. Update Flowstate, and restore then.`)
}
