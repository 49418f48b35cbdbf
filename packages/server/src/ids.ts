import { ID_PREFIX, type IdNoun } from '@flowstate-ai/sdk/contract'
import { monotonicFactory } from 'ulid'

const ulid = monotonicFactory()

/** A new id; ids of one process sort in the order in which they were made. */
export const newId = (noun: IdNoun, now?: number): string => `${ID_PREFIX[noun]}_${ulid(now).toLowerCase()}`
