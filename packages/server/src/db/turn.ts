import type { Database as Sqlite } from 'better-sqlite3'

/**
 * One snapshot for all that a connection reads in one turn of the event loop. To begin a read and to end it are a lock of the file each,
 * which cost as much as a small query; of many requests that the same turn brings, the first and the last pay them.
 */
export interface Turn {
  /** Before a read: what is read from here to the end of the turn is of one moment. */
  enter(): void
  /** Ends the snapshot early: what was written meanwhile is seen by the next read. */
  leave(): void
}

const turns = new WeakMap<Sqlite, Turn>()

/** The turn of a connection that reads so; undefined where each read stands for itself. */
export const turnOf = (connection: Sqlite): Turn | undefined => turns.get(connection)

export const readByTurns = (connection: Sqlite): Turn => {
  const [begin, commit] = [connection.prepare('begin'), connection.prepare('commit')]
  let entered = false
  const leave = () => {
    entered = false
    // What a disk refuses may have ended it already; what could not be ended now is by the next turn.
    if (connection.open && connection.inTransaction) try { commit.run() } catch { /* The next read tells of it. */ }
  }
  const turn: Turn = {
    enter() {
      if (entered) return
      if (!connection.inTransaction) begin.run()
      entered = true
      setImmediate(leave)
    },
    leave: () => { if (entered) leave() },
  }
  turns.set(connection, turn)
  return turn
}
