import { Conflict, Invalid, NotFound } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Fields } from '../ledger/ledger.ts'
import type { Written } from '../ledger/writes.ts'
import type { Checks } from './checks.ts'
import type { Noun } from './noun.ts'

interface UpsertDeps {
  of: Noun
  checks: Checks
  service: { create(caller: Caller, input: Fields): Promise<Written>; update(caller: Caller, id: string, patch: Fields): Promise<Written> }
}
/** Checks a patch as the body of a creation; throws what is missing. */
export type AsNew = (fields: Fields) => Fields

const MOST_TRIES = 5

/** `PUT /{noun}/by/{key}/{value}`: changes the live record that holds the key, or creates one. */
export const createUpsert = ({ of, checks, service }: UpsertDeps) => ({
  async upsert(caller: Caller, key: string, value: string, patch: Fields, asNew: AsNew): Promise<Written> {
    const compare = of.keys?.[key]
    if (!compare) throw new Invalid([{ pointer: '/{key}', code: 'invalid_value', detail: `${of.noun} are known by ${Object.keys(of.keys ?? {}).join(', ')}, not by ${key}` }])
    const said = patch[key]
    if (said !== undefined && (typeof said !== 'string' || compare(said) !== compare(value))) throw new Invalid([{ pointer: `/${key}`, code: 'not_allowed', detail: 'is another value than the one in the path; leave it out' }])
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const found = await checks.holder(caller, of.noun, key, value)
      // A record that the caller may not see is none to him: he is answered as if he had created one.
      const hidden = found !== null && caller.records !== null && !(await checks.sees(caller, of.noun, found))
      const holder = hidden ? null : found
      try {
        return holder === null ? await service.create(caller, asNew({ ...patch, [key]: said ?? value })) : await service.update(caller, holder, patch)
      } catch (error) {
        // Somebody else created it first, or archived it just now: the next look decides anew.
        const raced = error instanceof Conflict && (error.code === 'unique_taken' ? holder === null && !hidden && takes(error, key) : error.code === 'conflict')
        if (!raced && !(error instanceof NotFound && holder !== null && !caller.records)) throw error
      }
    }
    throw new Conflict('conflict', `The ${of.noun} with this ${key} is being written by many at once; repeat the request in a moment.`)
  },
})

const takes = (error: Conflict, key: string): boolean => error.errors?.some(({ pointer }) => pointer === `/${key}`) ?? false
