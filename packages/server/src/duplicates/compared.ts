import type { Fields } from '../ledger/ledger.ts'
import { phoneKey } from '../records/match-keys.ts'
import { type Address, addressOf, followsFromName } from './addresses.ts'
import { companyTokens, nameTokens } from './names.ts'

export interface ComparedPerson {
  names: string[]
  address: Address | null
  /** The address says no more than the name does. */
  addressOfName: boolean
  phone: string | null
  companyId: string | null
}
export interface ComparedCompany { core: string[]; legal: string[]; domain: string | null; country: string | null }

/** What a record's fields mean is worked out once, with however many it is compared; the fields are not changed meanwhile. */
const once = <Meaning>(understand: (fields: Fields) => Meaning): ((fields: Fields) => Meaning) => {
  const known = new WeakMap<Fields, Meaning>()
  return (fields) => {
    let meaning = known.get(fields)
    if (meaning === undefined) known.set(fields, (meaning = understand(fields)))
    return meaning
  }
}

export const personOf = once((fields): ComparedPerson => {
  const name = String(fields.name ?? '')
  const address = addressOf(fields.email)
  return { names: nameTokens(name), address, addressOfName: address !== null && followsFromName(address.local, name), phone: phoneKey(String(fields.phone ?? '')), companyId: textOf(fields.companyId) }
})

export const companyOf = once((fields): ComparedCompany =>
  ({ ...companyTokens(String(fields.name ?? '')), domain: textOf(fields.domain), country: textOf(fields.country)?.toLowerCase() ?? null }))

export const textOf = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null)
