import { createConnection, createServer, type Socket } from 'node:net'

const COMMIT = Buffer.from('commit\0')

/**
 * Stands between a server and PostgreSQL. Armed, it lets the next COMMIT through and cuts the connection before its answer comes back:
 * PostgreSQL has committed, and nobody was told.
 */
export const startCommitCutter = async (databaseUrl: string) => {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let armed = false
  let cut = 0
  const server = createServer((near) => {
    const far = createConnection(Number(target.port), target.hostname)
    let silent = false
    const end = () => { near.destroy(); far.destroy() }
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => { sockets.delete(socket); end() })
    }
    near.on('data', (bytes: Buffer) => {
      if (armed && bytes.includes(COMMIT)) {
        armed = false
        silent = true
        cut++
      }
      far.write(bytes)
    })
    // The answer says that it is done; then there is nothing left to wait for.
    far.on('data', (bytes: Buffer) => (silent ? end() : near.write(bytes)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = new URL(databaseUrl)
  url.port = String(address && typeof address === 'object' ? address.port : 0)
  return {
    url: url.href,
    arm: () => { armed = true },
    cut: () => cut,
    close: () => new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    }),
  }
}
