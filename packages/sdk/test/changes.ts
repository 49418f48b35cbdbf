import type { Change } from '../src/index.ts'

export const aChange = (seq: number): Change => ({
  seq, changeSetId: `chg_${seq}`, noun: 'deals', id: 'dea_1', op: 'update', version: seq, fields: { title: { from: seq - 1, to: seq } },
  actor: { kind: 'system', id: 'system', name: 'Test' }, at: '2026-11-24T12:00:00.000Z',
})
export const changesUpTo = (last: number, first = 1): Change[] => Array.from({ length: last - first + 1 }, (_, index) => aChange(first + index))
