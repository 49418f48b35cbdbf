import type { FieldError, Participant } from '@flowstate-ai/sdk/contract'
import type { Scoped } from '../db/scoped.ts'
import { Invalid } from '../errors.ts'
import type { AttachmentsService } from '../files/attachments.service.ts'
import type { Caller } from '../http/caller.ts'
import type { Fields } from '../ledger/ledger.ts'

interface CarriedDeps { scoped: Scoped; attachments: Pick<AttachmentsService, 'known'> }

/**
 * Who took part and what is attached: nothing in the database holds them to anything. Only what is added is looked at, so that a
 * participant who is gone, or a file that was archived since, does not stand in the way of another change.
 */
export const createCarriedCheck = ({ scoped, attachments }: CarriedDeps) => async (caller: Caller, set: Fields, before: Fields | null): Promise<void> => {
  const errors: FieldError[] = []
  const had = new Set((before?.attachments ?? []) as string[])
  const files = (set.attachments ?? []) as string[]
  const known = await attachments.known(caller, files.filter((id) => !had.has(id)))
  for (const [index, id] of files.entries()) if (!had.has(id) && !known.has(id)) errors.push({ pointer: `/attachments/${index}`, code: 'not_found', detail: 'names no file here; upload it at POST /files' })

  const participants = (set.participants ?? []) as Participant[]
  const earlier = (before?.participants ?? []) as Participant[]
  for (const [field, noun] of [['customerId', 'customers'], ['memberId', 'members']] as const) {
    const were = new Set(earlier.map((participant) => participant[field]))
    const named = participants.flatMap((participant) => participant[field] ?? []).filter((id) => !were.has(id))
    const found = await scoped.findMany(caller, noun, [...new Set(named)])
    for (const [index, participant] of participants.entries()) {
      const id = participant[field]
      if (id !== undefined && !were.has(id) && !found.has(id)) errors.push({ pointer: `/participants/${index}/${field}`, code: 'not_found', detail: `names no ${noun === 'members' ? 'member' : 'customer'} here` })
    }
  }
  if (errors.length > 0) throw new Invalid(errors)
}
export type CarriedCheck = ReturnType<typeof createCarriedCheck>
