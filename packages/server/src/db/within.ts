import { AsyncLocalStorage } from 'node:async_hooks'

const current = new AsyncLocalStorage<string>()

/**
 * Does work for one workspace, and nothing for any other: whatever it asks of PostgreSQL, now or later, is asked on connections where
 * row-level security shows that workspace alone. Where nobody has said for whom, PostgreSQL shows no rows at all. SQLite, which has no
 * such second line, is not asked differently.
 */
export const within = <Result>(workspaceId: string, work: () => Result): Result => current.run(workspaceId, work)

/** For whom the current work is done; null: nobody said. */
export const workspaceOfWork = (): string | null => current.getStore() ?? null

/** Later calls in the context of now: for streams, whose parts are asked for by whoever reads them. */
export const keptWithin = (): (<Result>(work: () => Result) => Result) => AsyncLocalStorage.snapshot() as <Result>(work: () => Result) => Result
