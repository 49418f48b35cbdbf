import { createFlowstate } from '../index.ts'
import { createRotationService } from '../keyring/rotation.service.ts'
import { createRotationStore } from '../keyring/rotation.store.ts'
import { secretFile } from '../keyring/source.ts'

/** Rotates the secret of a data directory, and is killed with its row number `last` on the disk and no further. */
const [databaseUrl = '', dataDir = '', last = '1'] = process.argv.slice(2)
const { services } = await createFlowstate({ secret: secretFile(dataDir), databaseUrl, dataDir, workerConcurrency: 0 })
const { ledger, keyring, sealing, hashes, system, audit, database } = services
let [asked, done] = [0, 0]
const rotation = createRotationService({
  keyring, sealing, hashes, system, audit, store: createRotationStore(database),
  ledger: {
    async run(batch) {
      if (++asked > Number(last)) return new Promise(() => undefined)
      const outcome = await ledger.run(batch)
      if (++done === Number(last)) process.kill(process.pid, 'SIGKILL')
      return outcome
    },
  },
})
await rotation.rotate()
