type Listener = (workspaceId: string, principals: readonly string[] | null) => void

/** Tells whoever holds something open for a principal that it has ended: a session by its id, a key or a person by the id that is the same for all theirs; null: every one of the workspace. */
export const createEndings = () => {
  const listeners = new Set<Listener>()
  return {
    announce(workspaceId: string, principals: readonly string[] | null): void {
      for (const listener of listeners) listener(workspaceId, principals)
    },
    subscribe(listener: Listener): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
export type Endings = ReturnType<typeof createEndings>
