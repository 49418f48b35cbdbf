import { sayingOf } from '../censor.ts'
import { AppError } from '../errors.ts'
import { databaseFaultOf } from '../storage-fault.ts'

/** An error as one sentence that says the mend; of a storage that does not do its part, with its own words behind. */
export const sentenceOf = (error: unknown): string => {
  const fault = error instanceof AppError ? null : databaseFaultOf(error)
  if (!fault) return sayingOf(error)
  const cause = `(${sayingOf(rootOf(error))})`
  if (fault.full) return `The disk is full, or a limit on its use was met ${cause}. Free some space where the data directory and the database lie, and repeat the command.`
  return `The database cannot be reached, or another program holds it ${cause}. See that it runs, that DATABASE_URL names it, and repeat the command.`
}

const rootOf = (error: unknown): unknown => (error instanceof Error && error.cause instanceof Error ? rootOf(error.cause) : error)
