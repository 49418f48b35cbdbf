import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { Statement } from '../ledger/ledger.ts'
import type { KeptSecret } from '../webhooks/webhooks.store.ts'

/** Refusal of a row that has changed since it was read. */
export const MOVED = 'moved'
const ONE = { rows: 1, otherwise: MOVED } as const

export interface AccountTokens { accessToken: string | null; refreshToken: string | null; idToken: string | null }

/** All that lies in the database under the instance's secrets, in the order of ids, and how each is replaced where it is still as it was read. */
export const createRotationStore = ({ reader, tables: { accounts, keys, twoFactors, webhooks } }: Database) => ({
  keys: (workspaceId: string, after: string, limit: number): PromiseLike<{ id: string; name: string; hash: string }[]> =>
    reader.select({ id: keys.id, name: keys.name, hash: keys.hash }).from(keys).where(and(eq(keys.workspaceId, workspaceId), gt(keys.id, after), isNull(keys.revokedAt))).orderBy(asc(keys.id)).limit(limit),
  setKey: (workspaceId: string, id: string, from: string, hash: string): Statement =>
    statementOf(reader.update(keys).set({ hash }).where(and(eq(keys.workspaceId, workspaceId), eq(keys.id, id), eq(keys.hash, from))), ONE),

  webhooks: async (workspaceId: string, after: string, limit: number): Promise<{ id: string; version: number; secrets: KeptSecret[] }[]> =>
    await reader.select({ id: webhooks.id, version: webhooks.version, secrets: webhooks.secrets }).from(webhooks).where(and(eq(webhooks.workspaceId, workspaceId), gt(webhooks.id, after))).orderBy(asc(webhooks.id)).limit(limit) as { id: string; version: number; secrets: KeptSecret[] }[],
  /** Its version moves on, so that a rotation of the webhook's own secret that has read the former ones is refused. */
  setWebhook: (workspaceId: string, id: string, version: number, secrets: KeptSecret[]): Statement =>
    statementOf(reader.update(webhooks).set({ secrets, version: sql`${webhooks.version} + 1` as unknown as number }).where(and(eq(webhooks.workspaceId, workspaceId), eq(webhooks.id, id), eq(webhooks.version, version))), ONE),

  secondFactors: (after: string, limit: number): PromiseLike<{ id: string; secret: string; backupCodes: string }[]> =>
    reader.select({ id: twoFactors.id, secret: twoFactors.secret, backupCodes: twoFactors.backupCodes }).from(twoFactors).where(gt(twoFactors.id, after)).orderBy(asc(twoFactors.id)).limit(limit),
  setSecondFactor: (id: string, from: { secret: string; backupCodes: string }, to: { secret: string; backupCodes: string }): Statement =>
    statementOf(reader.update(twoFactors).set(to).where(and(eq(twoFactors.id, id), eq(twoFactors.secret, from.secret), eq(twoFactors.backupCodes, from.backupCodes))), ONE),

  accounts: (after: string, limit: number): PromiseLike<({ id: string } & AccountTokens)[]> =>
    reader.select({ id: accounts.id, accessToken: accounts.accessToken, refreshToken: accounts.refreshToken, idToken: accounts.idToken }).from(accounts).where(gt(accounts.id, after)).orderBy(asc(accounts.id)).limit(limit),
  setAccount: (id: string, from: AccountTokens, to: AccountTokens): Statement => {
    const same = (['accessToken', 'refreshToken', 'idToken'] as const).map((name) => (from[name] === null ? isNull(accounts[name]) : eq(accounts[name], from[name])))
    return statementOf(reader.update(accounts).set(to).where(and(eq(accounts.id, id), ...same)), ONE)
  },
})
export type RotationStore = ReturnType<typeof createRotationStore>
