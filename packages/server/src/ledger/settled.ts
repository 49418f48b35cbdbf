import { AppError } from '../errors.ts'
import { StorageError } from '../storage-fault.ts'
import type { Outcome, Refusal, Row } from './ledger.ts'

/** The rows of a write that had to succeed; a refusal of the storage becomes the error that a caller is told. */
export const settled = (outcome: Outcome): Row[][] => {
  if (outcome.state === 'committed') return outcome.rows
  if (outcome.state === 'replayed') return []
  throw refused(outcome.refusal)
}

/** The error for refusals that no service has an answer of its own to. */
export const refused = (refusal: Refusal): AppError => {
  if (refusal.reason === 'storage') return new StorageError(refusal, { cause: refusal.message })
  if (refusal.reason === 'mismatch') return new AppError('idempotency_mismatch', 'This Idempotency-Key was used with another body; use a new key for a new request.')
  if (refusal.reason === 'moved') return new AppError('conflict', `Changed by others at the same time: ${refusal.records.map(({ id }) => id).join(', ')}. Read again and repeat.`)
  return new AppError('conflict', `The write was refused (${refusal.reason}); read again and repeat.`)
}
