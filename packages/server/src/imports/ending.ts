import type { Import } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { Files } from '../files/files.ts'
import type { Caller } from '../http/caller.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { settled } from '../ledger/settled.ts'
import type { ImportsStore } from './imports.store.ts'
import { WORKED_ON } from './states.ts'

interface EndingDeps { store: ImportsStore; ledger: Ledger; files: Files; clock: Clock; removeScratch(taskId: string): void }

/** Ends an import before its file does: what it wrote stays, as an applied change set that can be undone. */
export const createImportEnding = ({ store, ledger, files, clock, removeScratch }: EndingDeps) => ({
  async end(caller: Caller, item: Import, state: 'cancelled' | 'failed', error: string | null): Promise<void> {
    const at = instant(clock())
    // One transaction, so that whoever sees it ended can undo it; parts that were under way are before it, or are refused.
    const outcome = await ledger.run({ workspaceId: caller.workspaceId, statements: [
      store.update(caller.workspaceId, item.id, { state, error, finishedAt: at, updatedAt: at }, WORKED_ON), store.closeSet(caller.workspaceId, item.changeSetId, at),
    ] })
    // Somebody else has ended it, or it came to its end.
    if (outcome.state === 'refused' && outcome.refusal.reason !== 'expectation') settled(outcome)
    if (item.taskId !== '') removeScratch(item.taskId)
    if (state === 'cancelled') await files.remove(`imports:${item.id}:source`)
  },
})
export type ImportEnding = ReturnType<typeof createImportEnding>
