import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ended } from './processes.ts'

const HOLDER = fileURLToPath(new URL('./sqlite-holder.process.ts', import.meta.url))

/** Another process holds the file's lock for writing from now until it is let go. */
export const holdSqlite = async (file: string): Promise<{ letGo(): Promise<void> }> => {
  const child = fork(HOLDER, [file], { execArgv: ['--conditions=flowstate-source'] })
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code) => reject(new Error(`the holder ended with ${code}`)))
  })
  return {
    async letGo() {
      child.send('let go')
      await ended(child)
    },
  }
}
