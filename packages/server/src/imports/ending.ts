import type { Import } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { Files } from '../files/files.ts'
import type { Caller } from '../http/caller.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { settled } from '../ledger/settled.ts'
import type { ImportsStore } from './imports.store.ts'
import type { ImportRun } from './run.ts'
import { WORKED_ON } from './states.ts'

interface EndingDeps { store: ImportsStore; run: ImportRun; ledger: Ledger; files: Files; clock: Clock; removeScratch(taskId: string): void }

/** Ends an import before its file does: what it wrote stays, as an applied change set that can be undone. */
export const createImportEnding = ({ store, run, ledger, files, clock, removeScratch }: EndingDeps) => ({
  async end(caller: Caller, item: Import, state: 'cancelled' | 'failed', error: string | null): Promise<void> {
    const at = instant(clock())
    const outcome = await ledger.run({ workspaceId: caller.workspaceId, statements: [store.update(caller.workspaceId, item.id, { state, error, finishedAt: at, updatedAt: at }, WORKED_ON)] })
    // Somebody else has ended it, or it came to its end.
    if (outcome.state === 'refused' && outcome.refusal.reason !== 'expectation') settled(outcome)
    // No part can be written any more; one that was under way was committed before, and has opened the change set.
    const checkpoint = await store.checkpoint(caller.workspaceId, item.id)
    if (checkpoint?.opened && (await store.setState(caller.workspaceId, item.changeSetId)) === 'applying') {
      const refusal = await run.settle({ item, caller, checkpoint }, [], [], at, true)
      if (refusal) settled({ state: 'refused', refusal })
    }
    if (item.taskId !== '') removeScratch(item.taskId)
    if (state === 'cancelled') await files.remove(`imports:${item.id}:source`)
  },
})
export type ImportEnding = ReturnType<typeof createImportEnding>
