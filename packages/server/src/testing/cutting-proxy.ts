import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy { url: string; cut: () => number; toward(port: number): void; close(): Promise<void> }

/**
 * A proxy on loopback that lets every request through, and now and then ends the connection when the answer is on its way back: the server
 * has acted, and its client does not know. `cuts` decides for each answer.
 */
export const startCuttingProxy = async (port: number, cuts: () => boolean): Promise<CuttingProxy> => {
  let target = port
  let cut = 0
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    let answering = false
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (data) => {
      answering = false
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      const first = !answering
      answering = true
      if (!first || !cuts()) return void client.write(data)
      cut++
      // Sometimes a part of it arrives, which is no answer either.
      client.write(data.subarray(0, cut % 3 === 0 ? Math.floor(data.length / 2) : 0), () => client.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`,
    cut: () => cut,
    toward(next) { target = next },
    close: () => new Promise((resolve) => {
      for (const socket of open) socket.destroy()
      server.close(() => resolve())
    }),
  }
}
