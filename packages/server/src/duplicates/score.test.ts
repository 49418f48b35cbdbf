import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fields } from '../ledger/ledger.ts'
import { addressOf, compareDomains, followsFromName } from './addresses.ts'
import { keysOf } from './keys.ts'
import { LABELLED } from './labelled.ts'
import { compareNames, companyTokens, jaroWinkler, nameTokens } from './names.ts'
import { LEAST_SCORE, scorePair } from './score.ts'

const names = (left: string, right: string) => compareNames(nameTokens(left), nameTokens(right))
const kinds = (left: Fields, right: Fields) => scorePair('customers', left, right).reasons.map(({ kind }) => kind)

describe('the comparison of names', () => {
  it.each([
    ['Björn Ekström', 'bjorn EKSTROM', 'same-name'], ['Müller, Jürgen', 'Juergen Mueller', 'same-name'], ['Dr. Ada Lovelock', 'Ada Lovelock', 'same-name'], ['Siobhan Gallagher', 'Siobhan Galagher', 'similar-name'],
    ['Mateo Castellanos Ruiz', 'Mateo Castellanos', 'part-of-name'], ['A. Lovelock', 'Ada Lovelock', 'initials'], ['Anna-Lena Brandt', 'Annalena Brandt', 'same-name'],
    ['Peter Jones', 'Sarah Jones', 'different-given-name'], ['Jan Novak', 'Jana Novak', 'different-given-name'], ['Anna', 'Anna Müller', 'different-given-name'],
    ['Ada Lovelock', 'Ingrid Vogel', 'different-name'], ['A. L.', 'Anna Lind', 'different-name'], ['', 'Anna', 'different-name'],
  ])('%s beside %s: %s', (left, right, kind) => {
    expect(names(left, right)).toBe(kind)
    expect(names(right, left)).toBe(kind)
  })

  it('is Jaro and Winkler\'s, by their published examples', () => {
    expect(jaroWinkler('martha', 'marhta')).toBeCloseTo(0.961, 3)
    expect(jaroWinkler('dwayne', 'duane')).toBeCloseTo(0.84, 3)
    expect(jaroWinkler('dixon', 'dicksonx')).toBeCloseTo(0.813, 3)
    expect(jaroWinkler('abc', 'xyz')).toBe(0)
  })

  it('tells a company\'s name from its legal form', () => {
    expect(companyTokens('The Société Lumière S.A.')).toEqual({ core: ['societe', 'lumiere'], legal: ['sa'] })
    expect(companyTokens('Limited Company').core).toEqual(['limited', 'company'])
  })
})

describe('the comparison of addresses', () => {
  it('leaves out what providers ignore', () => {
    expect(addressOf('Ada.Love+news@Gmail.com')?.base).toBe('adalove@gmail.com')
    expect(addressOf('ada.love+news@example.com')?.base).toBe('ada.love@example.com')
    expect(addressOf('+x@example.com')?.base).toBe('+x@example.com')
    expect(addressOf('nonsense')).toBeNull()
  })
  it('knows near domains from others', () => {
    expect([compareDomains('acme.com', 'acme.de'), compareDomains('shop.acme.com', 'acme.com'), compareDomains('acme.co.uk', 'acme.com'), compareDomains('kestrelfreight.de', 'kestrelfrieght.de'), compareDomains('firm1.example', 'firm2.example'), compareDomains('alder.example', 'elder.example')])
      .toEqual(['label', 'subdomain', 'label', 'typo', 'different', 'different'])
  })
  it('sees which say no more than the name', () => {
    expect(['ada.lovelock', 'alovelock', 'lovelock', 'ada'].every((local) => followsFromName(local, 'Ada Lovelock'))).toBe(true)
    expect([followsFromName('hanna.ekstrom', 'Hanna Ekström'), followsFromName('juergen.mueller', 'Jürgen Müller'), followsFromName('j.muller', 'Juergen Mueller'), followsFromName('zoe.ekstrom', 'Zoe Ekström')]).toEqual([true, true, true, true])
    expect(followsFromName('countess1815', 'Ada Lovelock')).toBe(false)
  })
})

describe('the score', () => {
  it('sets one Anna Müller apart from another', () => {
    const [left, right] = [{ name: 'Anna Müller', email: 'anna.mueller@kestrel.example', companyId: 'com_1' }, { name: 'Anna Müller', email: 'anna.mueller@juniper.example', companyId: 'com_2' }]
    expect(scorePair('customers', left, right).score).toBeLessThan(0.05)
    expect(kinds(left, right)).toEqual(['same-name', 'different-email', 'different-company'])
  })

  it('counts against a pair that both its addresses and its phones differ', () => {
    const pair = (more: Fields, other: Fields) => scorePair('customers', { name: 'Eva Lind', companyId: 'com_1', ...more }, { name: 'Eva Lind', companyId: 'com_1', ...other }).score
    const [nothing, phone, both] = [pair({}, {}), pair({ phone: '+49 30 5550001' }, { phone: '+49 30 7778888' }), pair({ phone: '+49 30 5550001', email: 'eva@a-firm.example' }, { phone: '+49 30 7778888', email: 'lindsey@b-house.example' })]
    expect(nothing).toBeGreaterThan(0.8)
    expect(phone).toBeLessThan(nothing)
    expect(both).toBeLessThan(0.1)
  })

  it('says by its reasons how it came about', () => {
    const { score, reasons } = scorePair('customers', { name: 'Ada Lovelock', phone: '030 5551234' }, { name: 'Ada Lovelok', phone: '+49 30 5551234' })
    expect(reasons).toEqual([{ field: 'name', kind: 'similar-name', weight: 5.5, left: 'Ada Lovelock', right: 'Ada Lovelok' }, { field: 'phone', kind: 'same-phone', weight: 8, left: '030 5551234', right: '+49 30 5551234' }])
    expect(score).toBeCloseTo(1 / (1 + 2 ** -(5.5 + 8 - 9)), 3)
  })

  it('is the same whichever side is left, and between 0 and 1, whatever the records hold', () => {
    const text = fc.option(fc.oneof(fc.string({ maxLength: 30, unit: 'grapheme' }), fc.constantFrom('Ada Lovelock', 'Ada Lovelok', 'A. L.', 'a@b.example', 'ada.lovelock@b.example', '+49 30 5551234', '')), { nil: null })
    const record = fc.record({ name: text, email: text, phone: text, companyId: text, domain: text, country: text })
    fc.assert(fc.property(fc.constantFrom('customers' as const, 'companies' as const), record, record, (noun, left, right) => {
      const [one, other] = [scorePair(noun, left, right), scorePair(noun, right, left)]
      expect(one.score).toBe(other.score)
      expect(one.score).toBeGreaterThanOrEqual(0)
      expect(one.score).toBeLessThanOrEqual(1)
    }), { numRuns: 500 })
  })

  it('finds of the labelled pairs at least 85 %, and of what it finds at 0.8 at least 95 % are', () => {
    const said = LABELLED.map(({ same, noun, left, right }) => ({ same, found: scorePair(noun, { ...left }, { ...right }).score >= 0.8 }))
    const both = said.filter(({ same, found }) => same && found).length
    const precision = both / said.filter(({ found }) => found).length
    const recall = both / said.filter(({ same }) => same).length
    expect(said.length).toBeGreaterThanOrEqual(55)
    expect(precision, `precision ${precision.toFixed(3)}`).toBeGreaterThanOrEqual(0.95)
    expect(recall, `recall ${recall.toFixed(3)}`).toBeGreaterThanOrEqual(0.85)
  })

  it('is asked of every labelled pair worth keeping: they share a key', () => {
    for (const { noun, left, right } of LABELLED) {
      if (scorePair(noun, { ...left }, { ...right }).score < LEAST_SCORE) continue
      const keys = new Set(keysOf(noun, 'wsp_1', { ...left }))
      expect(keysOf(noun, 'wsp_1', { ...right }).some((key) => keys.has(key)), `${left.name} beside ${right.name}`).toBe(true)
    }
    expect(keysOf('customers', 'wsp_1', { name: 'A', email: 'a@b.example' }).some((key) => keysOf('customers', 'wsp_2', { name: 'A', email: 'a@b.example' }).includes(key))).toBe(false)
  })
})
