import { DrizzleQueryError } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { databaseFaultOf, StorageError, storageFaultOf } from './storage-fault.ts'

const coded = (code: string, message = '') => Object.assign(new Error(message), { code })
const full = { full: true }
const away = { full: false }

describe('what an error says of the storage', () => {
  it.each([
    ['SQLITE_FULL', full], ['SQLITE_IOERR_WRITE', full], ['SQLITE_IOERR_SHMSIZE', full], ['SQLITE_IOERR_READ', away], ['SQLITE_BUSY', away], ['SQLITE_BUSY_SNAPSHOT', away], ['SQLITE_READONLY', away],
    ['SQLITE_CONSTRAINT_UNIQUE', null], ['SQLITE_ERROR', null], ['ENOSPC', full], ['EFBIG', full], ['EDQUOT', full], ['EROFS', away], ['ENOENT', null],
  ])('%s', (code, fault) => expect(storageFaultOf(coded(code))).toEqual(fault))

  it.each([
    ['53100', '', full], ['58030', 'could not write: No space left on device', full], ['58030', 'could not read', away], ['57P01', '', away], ['57P03', '', away], ['53300', '', away], ['25006', '', away], ['55P03', '', away], ['57014', '', away],
    ['40P01', '', away], ['23505', '', null], ['42P01', '', null], ['ECONNREFUSED', '', away], ['EPIPE', '', away], ['', 'Connection terminated unexpectedly', away], ['', 'a connection of ideas', null],
  ])('PostgreSQL: %s %s', (code, message, fault) => {
    const error = coded(code, message)
    expect(databaseFaultOf(error)).toEqual(fault)
    expect(storageFaultOf(new DrizzleQueryError('select 1', [], error))).toEqual(fault)
  })

  it('a connection that somebody else refuses is none of the storage', () => {
    expect(storageFaultOf(coded('ECONNREFUSED'))).toBeNull()
    expect(storageFaultOf(coded('57P01'))).toBeNull()
  })

  it('and how it may end stays with it', () => {
    expect(storageFaultOf(new StorageError({ full: false, uncertain: true }))).toEqual({ full: false, uncertain: true })
  })
})
