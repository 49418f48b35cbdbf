import type { Change, WebhookEvent } from '@flowstate-ai/sdk/contract'
import { describe, expect, it } from 'vitest'
import { isToldOf } from './events.ts'

const change = (of: Partial<Pick<Change, 'noun' | 'op' | 'fields'>>) => ({ noun: 'deals' as const, op: 'update' as const, fields: {}, ...of })
const moved = change({ fields: { stageId: { from: 'stg_open', to: 'stg_won' }, status: { from: 'open', to: 'won' } } })
const money = change({ fields: { value: { from: { amount: 1, currency: 'EUR' }, to: { currency: 'EUR', amount: 2 } } } })
const custom = change({ fields: { 'customFields.region': { from: null, to: 'north' }, 'tags.tag_1': { from: null, to: true } } })
const created = change({ op: 'create', fields: { title: { to: 'x' } } })

describe('what a webhook is told of', () => {
  it.each<[string, WebhookEvent[], ReturnType<typeof change>, boolean]>([
    ['everything, when it names nothing', [], moved, true],
    ['its noun', [{ noun: 'deals' }], moved, true],
    ['not another noun', [{ noun: 'companies' }], moved, false],
    ['one of several', [{ noun: 'companies' }, { noun: 'deals' }], moved, true],
    ['its operations', [{ noun: 'deals', ops: ['create', 'update'] }], moved, true],
    ['not another operation', [{ noun: 'deals', ops: ['archive'] }], moved, false],
    ['a field that changed', [{ noun: 'deals', fields: ['title', 'stageId'] }], moved, true],
    ['not fields that did not', [{ noun: 'deals', fields: ['title'] }], moved, false],
    ['a value come to', [{ noun: 'deals', fields: [{ field: 'stageId', to: 'stg_won' }] }], moved, true],
    ['not another value', [{ noun: 'deals', fields: [{ field: 'stageId', to: 'stg_lost' }] }], moved, false],
    ['any of several values', [{ noun: 'deals', fields: [{ field: 'stageId', to: ['stg_lost', 'stg_won'] }] }], moved, true],
    ['a value come from', [{ noun: 'deals', fields: [{ field: 'stageId', from: 'stg_open', to: 'stg_won' }] }], moved, true],
    ['not from another', [{ noun: 'deals', fields: [{ field: 'stageId', from: 'stg_lost', to: 'stg_won' }] }], moved, false],
    ['money, whatever the order of its parts', [{ noun: 'deals', fields: [{ field: 'value', from: { currency: 'EUR', amount: 1 }, to: { amount: 2, currency: 'EUR' } }] }], money, true],
    ['not another sum', [{ noun: 'deals', fields: [{ field: 'value', to: { amount: 3, currency: 'EUR' } }] }], money, false],
    ['a custom field by its name', [{ noun: 'deals', fields: [{ field: 'customFields.region', to: 'north' }] }], custom, true],
    ['any custom field', [{ noun: 'deals', fields: ['customFields'] }], custom, true],
    ['a tag', [{ noun: 'deals', fields: ['tags.tag_1'] }], custom, true],
    ['what was empty before', [{ noun: 'deals', fields: [{ field: 'customFields.region', from: null }] }], custom, true],
    ['a creation as a change from empty', [{ noun: 'deals', fields: [{ field: 'title', from: null, to: 'x' }] }], created, true],
    ['not a name that only begins alike', [{ noun: 'deals', fields: ['stage'] }], moved, false],
  ])('%s', (_, events, of, told) => {
    expect(isToldOf(events, of)).toBe(told)
  })
})
