/** A small world to search in, and 200 things that people would type: as it stands, in part, in another order, and with a letter wrong. */
export interface CorpusEntry { key: string; noun: 'companies' | 'customers' | 'deals' | 'interactions'; data: Record<string, unknown> }
export interface CorpusQuery { q: string; expected: string; nouns?: ('companies' | 'customers' | 'deals' | 'interactions')[] }

const BIRDS = ['Kestrel', 'Albatross', 'Sandpiper', 'Goshawk', 'Kingfisher', 'Nightjar', 'Lapwing', 'Cormorant', 'Merganser', 'Whimbrel', 'Dunlin', 'Avocet', 'Bittern', 'Chaffinch', 'Fieldfare', 'Gannet', 'Harrier', 'Jackdaw', 'Linnet', 'Osprey']
const TRADES = ['Freight', 'Optics', 'Bakery', 'Foundry', 'Textiles', 'Robotics', 'Insurance', 'Logistics', 'Ceramics', 'Shipyard', 'Brewery', 'Dental', 'Acoustics', 'Solar', 'Plumbing', 'Archives', 'Vineyard', 'Pharma', 'Railways', 'Printing']
const GIVEN = ['Adelheid', 'Bartholomew', 'Clementine', 'Dagmar', 'Ezekiel', 'Florentina', 'Gunnar', 'Henrietta', 'Ignatius', 'Josephine', 'Kazimierz', 'Leocadia', 'Montgomery', 'Nathaniel', 'Ottoline', 'Percival', 'Quentin', 'Rosalind', 'Siegfried', 'Theodora']
const FAMILY = ['Abernathy', 'Bjørnstad', 'Castellanos', 'Dąbrowski', 'Échevarría', 'Featherstone', 'Grünewald', 'Hallorann', 'Iwanowski', 'Jørgensen', 'Kowalczyk', 'Löwenthal', 'Mukherjee', 'Nakashima', 'Oyelaran', 'Pettersson', 'Quisenberry', 'Rasmussen', 'Szczepański', 'Tănăsescu']
const GOODS = ['turbine blades', 'reading glasses', 'sourdough ovens', 'bronze castings', 'linen curtains', 'gripper arms', 'hail cover', 'cold storage', 'porcelain insulators', 'ferry refit', 'copper kettles', 'implant screws', 'concert panels', 'roof modules', 'boiler valves', 'microfilm scanning', 'oak barrels', 'vaccine vials', 'sleeper cars', 'label rolls']
const TALKS = ['asked for a quotation with quarterly invoicing', 'complained about the scratched gearbox housing', 'wants the warranty extended until autumn', 'confirmed the delivery window at the harbour', 'mentioned a competitor from Rotterdam', 'sent the signed confidentiality agreement', 'postponed the workshop because of influenza', 'requested references from other municipalities', 'negotiated the penalty clause down', 'praised the onboarding of the night shift']

const at = <Item>(list: readonly Item[], index: number): Item => list[index % list.length] as Item
const indexes = Array.from({ length: 20 }, (_, index) => index)

export const CORPUS: CorpusEntry[] = [
  ...indexes.map((n): CorpusEntry => ({ key: `com:${n}`, noun: 'companies', data: { name: `${at(BIRDS, n)} ${at(TRADES, n * 7 + 3)}`, domain: `${at(BIRDS, n).toLowerCase()}${n}.example`, industry: at(TRADES, n * 7 + 3) } })),
  ...indexes.map((n): CorpusEntry => ({ key: `cus:${n}`, noun: 'customers', data: { name: `${at(GIVEN, n)} ${at(FAMILY, n * 3 + 1)}`, email: `${at(GIVEN, n).toLowerCase()}.mail${n}@post${n}.example`, phone: `+49 30 55${String(1_000 + n * 37)}` } })),
  ...indexes.map((n): CorpusEntry => ({ key: `dea:${n}`, noun: 'deals', data: { title: `${at(GOODS, n)} for ${at(BIRDS, n + 5)}`, externalId: `OPP-${7_000 + n * 13}` } })),
  ...indexes.slice(0, 10).map((n): CorpusEntry => ({ key: `int:${n}`, noun: 'interactions', data: { kind: 'note', subject: `Call number ${n}`, body: `${at(GIVEN, n + 2)} ${at(TALKS, n)}.` } })),
]

/** One letter replaced, left out, doubled, or swapped with the next, by turns. */
const misspelt = (word: string, turn: number): string => {
  const place = 1 + (turn % Math.max(1, word.length - 3))
  const letter = word[place] ?? ''
  const spoilt = letter === 'x' ? 'z' : 'x'
  if (turn % 4 === 0) return word.slice(0, place) + spoilt + word.slice(place + 1)
  if (turn % 4 === 1) return word.slice(0, place) + word.slice(place + 1)
  if (turn % 4 === 2) return word.slice(0, place) + letter + word.slice(place)
  return word.slice(0, place) + (word[place + 1] ?? '') + letter + word.slice(place + 2)
}
const plain = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').replaceAll('ø', 'o')

export const QUERIES: CorpusQuery[] = [
  // Companies: whole, in part, wrong, by domain.
  ...indexes.map((n): CorpusQuery => ({ q: `${at(BIRDS, n)} ${at(TRADES, n * 7 + 3)}`, expected: `com:${n}` })),
  ...indexes.map((n): CorpusQuery => ({ q: `${misspelt(at(BIRDS, n).toLowerCase(), n)} ${at(TRADES, n * 7 + 3).toLowerCase()}`, expected: `com:${n}` })),
  ...indexes.map((n): CorpusQuery => ({ q: misspelt(at(BIRDS, n).toLowerCase(), n + 1), expected: `com:${n}`, nouns: ['companies'] })),
  ...indexes.slice(0, 10).map((n): CorpusQuery => ({ q: `${at(BIRDS, n).toLowerCase()}${n}.example`, expected: `com:${n}` })),
  // People: without accents, the other way round, wrong, by their address.
  ...indexes.map((n): CorpusQuery => ({ q: plain(`${at(FAMILY, n * 3 + 1)} ${at(GIVEN, n)}`).toLowerCase(), expected: `cus:${n}` })),
  ...indexes.map((n): CorpusQuery => ({ q: misspelt(at(GIVEN, n).toLowerCase(), n + 2), expected: `cus:${n}`, nouns: ['customers'] })),
  ...indexes.map((n): CorpusQuery => ({ q: misspelt(plain(at(FAMILY, n * 3 + 1)).toLowerCase(), n), expected: `cus:${n}` })),
  ...indexes.slice(0, 10).map((n): CorpusQuery => ({ q: `${at(GIVEN, n).toLowerCase()}.mail${n}@post${n}.example`, expected: `cus:${n}` })),
  // Deals: by what is sold, in part, wrong, by number.
  ...indexes.map((n): CorpusQuery => ({ q: at(GOODS, n), expected: `dea:${n}` })),
  ...indexes.slice(0, 10).map((n): CorpusQuery => ({ q: `${misspelt(at(GOODS, n).split(' ')[1] ?? '', n)} ${at(BIRDS, n + 5)}`, expected: `dea:${n}` })),
  ...indexes.slice(10).map((n): CorpusQuery => ({ q: `OPP-${7_000 + n * 13}`, expected: `dea:${n}` })),
  // What was said.
  ...indexes.slice(0, 10).map((n): CorpusQuery => ({ q: at(TALKS, n).split(' ').slice(-2).join(' '), expected: `int:${n}` })),
  ...indexes.slice(0, 10).map((n): CorpusQuery => ({ q: misspelt(at(TALKS, n).split(' ').at(-1) ?? '', n), expected: `int:${n}`, nouns: ['interactions'] })),
]
