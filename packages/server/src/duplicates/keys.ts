import { hash } from 'node:crypto'
import type { DuplicateNoun } from '@flowstate-ai/sdk/contract'
import type { Fields } from '../ledger/ledger.ts'
import { domainLabel, isFreeMail, isShared } from './addresses.ts'
import { companyOf, personOf } from './compared.ts'
import { skeleton } from './names.ts'

const NATIONAL_DIGITS = 8
const HASH_BYTES = 6

/**
 * By what a record is compared with others: only records that share a key are. Two records that score half or more share one, unless
 * both their names and addresses are misspelt. Hashed to 48 bits; where two values meet in one hash, the score tells them apart.
 */
export const keysOf = (noun: DuplicateNoun, workspaceId: string, fields: Fields): number[] =>
  [...new Set((noun === 'customers' ? customerKeys(fields) : companyKeys(fields)).map((key) => hashed(`${workspaceId}\n${noun}\n${key}`)))]

const customerKeys = (fields: Fields): string[] => {
  const keys: string[] = []
  const { names, address, phone, companyId } = personOf(fields)
  if (address && !isShared(address)) keys.push(`email ${address.base}`, `mailbox ${address.local}`)
  // The last digits, so that a number without its country meets the one that has it.
  if (phone !== null) keys.push(`phone ${phone.replaceAll(/\D/g, '').replace(/^0+/, '').slice(-NATIONAL_DIGITS)}`)
  const bones = names.map(skeleton)
  const places = [...(address && !isFreeMail(address.domain) ? [address.domain] : []), ...(companyId === null ? [] : [companyId])]
  for (const place of places) {
    for (const bone of new Set([bones[0], bones.at(-1)])) if (bone !== undefined) keys.push(`at ${place} ${bone}`)
    // Where a thousand people share a domain, the whole name still tells them apart.
    if (bones.length > 1) keys.push(`at ${place} ${[...bones].sort().join(' ')}`)
  }
  return keys
}

const MOST_WORDS = 4
const companyKeys = (fields: Fields): string[] => {
  const { core, domain } = companyOf(fields)
  const bones = core.map(skeleton)
  const keys = [`name ${[...bones].sort().join(' ')}`, `name ${bones.join('')}`, ...bones.slice(0, MOST_WORDS).filter((bone) => bone.length >= 3).map((bone) => `word ${bone}`)]
  if (domain !== null) keys.push(`domain ${skeleton(domainLabel(domain).replaceAll('-', ''))}`, `word ${skeleton(domainLabel(domain).split('-')[0] ?? '')}`)
  return keys
}

const hashed = (text: string): number => hash('sha1', text, 'buffer').readUIntBE(0, HASH_BYTES)
