import { distance } from '../search/rank.ts'
import { folded } from '../search/words.ts'
import { isClose, nameTokens } from './names.ts'

/** Providers whose domain says nothing of where a person works. */
const FREE_MAIL: ReadonlySet<string> = new Set([
  'gmail.com', 'googlemail.com', 'outlook.com', 'hotmail.com', 'live.com', 'msn.com', 'yahoo.com', 'yahoo.de', 'yahoo.co.uk', 'icloud.com', 'me.com', 'mac.com', 'aol.com', 'gmx.de', 'gmx.net', 'gmx.at', 'gmx.ch', 'web.de',
  't-online.de', 'freenet.de', 'posteo.de', 'mailbox.org', 'proton.me', 'protonmail.com', 'orange.fr', 'wanadoo.fr', 'free.fr', 'laposte.net', 'libero.it', 'mail.ru', 'yandex.ru', 'qq.com', '163.com', 'zoho.com', 'fastmail.com', 'hey.com',
])
/** Mailboxes that several people read. */
const SHARED: ReadonlySet<string> = new Set(['info', 'sales', 'office', 'contact', 'kontakt', 'mail', 'hello', 'support', 'admin', 'service', 'team', 'post', 'billing', 'accounts', 'einkauf', 'vertrieb', 'marketing', 'noreply', 'no-reply', 'webmaster', 'purchasing'])
const SECOND_LEVEL: ReadonlySet<string> = new Set(['co', 'com', 'org', 'net', 'ac', 'gov', 'edu', 'or', 'ne'])

export interface Address { local: string; domain: string; base: string }

/** An e-mail address in parts; `base` without what providers ignore: `+tag`, and the dots of Gmail. Null where it is none. */
export const addressOf = (email: unknown): Address | null => {
  if (typeof email !== 'string') return null
  const [, local, domain] = /^([^@\s]+)@([^@\s]+)$/.exec(email.trim().toLowerCase()) ?? []
  if (local === undefined || domain === undefined) return null
  const google = domain === 'gmail.com' || domain === 'googlemail.com'
  const bare = local.replace(/\+.*$/, '') || local
  return { local: bare, domain, base: `${google ? bare.replaceAll('.', '') : bare}@${google ? 'gmail.com' : domain}` }
}

export const isFreeMail = (domain: string): boolean => FREE_MAIL.has(domain)
export const isShared = ({ local }: Address): boolean => SHARED.has(local)

/** The name in a domain: `acme` of `shop.acme.co.uk`. */
export const domainLabel = (domain: string): string => {
  const parts = domain.toLowerCase().split('.')
  const suffix = parts.length > 2 && SECOND_LEVEL.has(parts.at(-2) ?? '') ? 2 : 1
  return parts.at(-1 - suffix) ?? parts[0] ?? ''
}

export type DomainMatch = 'same' | 'subdomain' | 'label' | 'typo' | 'different'
export const compareDomains = (left: string, right: string): DomainMatch => {
  if (left === right) return 'same'
  if (left.endsWith(`.${right}`) || right.endsWith(`.${left}`)) return 'subdomain'
  const [one, other] = [domainLabel(left), domainLabel(right)]
  if (one === other) return 'label'
  // `kestrel-freight` is written `kestrelfreight` too.
  const [bare, otherBare] = [one.replaceAll('-', ''), other.replaceAll('-', '')]
  return bare.length >= 5 && otherBare.length >= 5 && distance(bare, otherBare, 1) <= 1 && isClose(bare, otherBare) ? 'typo' : 'different'
}

/** Whether the part before the @ follows from the name alone: `ada.lovelace`, `a.lovelace`, `lovelace`, `alovelace`. Then it says no more than the name does. */
export const followsFromName = (local: string, name: string): boolean => {
  const letters = alike(folded(local).replaceAll(/[^\p{L}\p{N}]/gu, ''))
  const tokens = nameTokens(name)
  const [first = '', last = ''] = [tokens[0], tokens.at(-1)]
  return [first, last, `${first}${last}`, `${last}${first}`, `${first.slice(0, 1)}${last}`, `${last}${first.slice(0, 1)}`, `${first}${last.slice(0, 1)}`, tokens.join('')].map(alike).includes(letters)
}
/** Here ä is written ae, there a, and names have lost that e already: none counts. */
const alike = (text: string): string => text.replaceAll('e', '')
