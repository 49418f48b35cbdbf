import type { Agent, AgentPresence, Task, TaskStatus } from '@flowstate-ai/sdk/contract'

export interface StatusUpdate { agents?: AgentPresence[]; tasks?: TaskStatus[] }
export type StatusListener = (workspaceId: string, update: StatusUpdate) => void

/** Where services say what has just changed about agents and tasks; the relay carries it to the room. State, not a log. */
export const createStatusBus = () => {
  const listeners = new Set<StatusListener>()
  return {
    publish: (workspaceId: string, update: StatusUpdate): void => { for (const listener of listeners) listener(workspaceId, update) },
    subscribe(listener: StatusListener): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
export type StatusBus = ReturnType<typeof createStatusBus>

/** Without payload and result, which may hold anything. */
export const statusOf = ({ payload: _payload, result: _result, ...task }: Task): TaskStatus => task
export const presenceOf = ({ stale: _stale, ...agent }: Agent): AgentPresence => agent
