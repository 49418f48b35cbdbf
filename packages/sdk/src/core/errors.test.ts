import { describe, expect, it } from 'vitest'
import { ConflictError, FlowstateError, LeaseLostError, NotFoundError } from './errors.ts'

describe('an error', () => {
  it('is recognised across duplicate copies of the package', async () => {
    const copy = await import('./errors.ts?copy' as './errors.ts')
    expect(copy.NotFoundError).not.toBe(NotFoundError)
    const theirs = new copy.LeaseLostError('gone')
    expect(theirs).toBeInstanceOf(LeaseLostError)
    expect(theirs).toBeInstanceOf(ConflictError)
    expect(theirs).toBeInstanceOf(FlowstateError)
    expect(theirs).not.toBeInstanceOf(NotFoundError)
    expect(theirs).toBeInstanceOf(Error)
  })

  it('does not take a stranger for one of ours', () => {
    class Mine extends NotFoundError {}
    expect(new Error('x')).not.toBeInstanceOf(FlowstateError)
    expect(null).not.toBeInstanceOf(FlowstateError)
    expect(new NotFoundError('x')).not.toBeInstanceOf(Mine)
    expect(new Mine('x')).toBeInstanceOf(NotFoundError)
    expect(new Mine('x')).toBeInstanceOf(Mine)
  })

  it('names itself in a log', () => {
    expect(String(new NotFoundError('There is no such deal.'))).toBe('NotFoundError: There is no such deal.')
  })
})
