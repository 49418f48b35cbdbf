import Sqlite from 'better-sqlite3'

/** A program of somebody else's that holds a database's file for itself, until it is told or its parent goes. */
const db = new Sqlite(process.argv[2] ?? '')
db.prepare('begin exclusive').run()
process.send?.('held')
process.on('message', () => {
  db.prepare('rollback').run()
  db.close()
  process.disconnect()
})
process.on('disconnect', () => process.exit())
