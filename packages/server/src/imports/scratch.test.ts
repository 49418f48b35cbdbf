import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Draft } from './draft.ts'
import { createScratch, type Scratch } from './scratch.ts'

describe('staging', () => {
  let folder: string
  let scratch: Scratch
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'flowstate-scratch-'))
    scratch = createScratch(folder, 'customers')
  })
  afterEach(() => {
    scratch.close()
    rmSync(folder, { recursive: true })
  })
  let row = 0
  const stage = (fields: Record<string, unknown>, links: Draft['links'] = {}) => scratch.stage(++row, { line: row + 1, cells: [], fields, links }, false)

  it('folds rows of one record, whichever key they share, and hands all their keys to it', () => {
    row = 0
    expect(stage({ name: 'Ada', externalId: 'A1' })).toBe('new')
    expect(stage({ name: 'Ada', externalId: 'A1', email: 'ada@x.example' })).toBe('collapsed')
    expect(stage({ name: 'Ada Byron', email: 'ADA@x.example' })).toBe('collapsed')
    scratch.finish({})
    expect(scratch.part(0, 10)).toMatchObject([{ g: 1, fields: { name: 'Ada Byron', externalId: 'A1', email: 'ADA@x.example' } }])
  })

  it('refuses a row that two others hold by its keys, tells which of them, and leaves its other keys free', () => {
    row = 0
    expect(stage({ name: 'One', externalId: 'A1' }, { id: 'cus_1' })).toBe('new')
    expect(stage({ name: 'Two', email: 'two@x.example' })).toBe('new')
    expect(stage({ name: 'Both', externalId: 'A3', email: 'two@x.example' }, { id: 'cus_1' })).toMatchObject({ row: 4, column: 'email', reason: expect.stringContaining('on line 3 ') as unknown })
    expect(stage({ name: 'Three', externalId: 'A3' })).toBe('new')
    scratch.finish({})
    expect(scratch.part(0, 10).map(({ fields }) => fields.name)).toEqual(['One', 'Two', 'Three'])
  })

  it('brings the match keys along, those of numbers that are none too', () => {
    row = 0
    for (const phone of ['+49 30 1234567', '030 1234567', 'ask Bob', '+1728']) stage({ name: phone, email: `${row}@X.example`, phone })
    stage({ name: 'no phone', email: 'none@x.example' })
    scratch.finish({})
    expect(scratch.part(0, 10).map(({ keys }) => keys)).toEqual([
      { emailKey: '0@x.example', phoneKey: '+49301234567' }, { emailKey: '1@x.example', phoneKey: '0301234567' }, { emailKey: '2@x.example', phoneKey: null }, { emailKey: '3@x.example', phoneKey: null },
      { emailKey: 'none@x.example' },
    ])
  })
})
