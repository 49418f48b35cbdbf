import { describe, expect, it } from 'vitest'
import { createSniffer, decoded } from './decode.ts'
import { readCsv, type SourceRow } from './csv.ts'
import { parseBoolean, parseDate, parseInstant, parseNumber, phoneOf } from './values.ts'

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const sniffed = async (bytes: Uint8Array, size = 7) => {
  const sniffer = createSniffer()
  for await (const _ of sniffer.watch(pieces(bytes, size))) { /* passes */ }
  return sniffer.encoding()
}
const utf16 = (text: string, big = false) => {
  const bytes = Buffer.from(text, 'utf16le')
  return big ? bytes.swap16() : bytes
}

describe('encodings', () => {
  it('are told by their mark, their zeros, and whether all of the file is UTF-8, wherever a part ends', async () => {
    const text = 'Name,Ort\nMüller,Köln\n€,日本\n'
    expect(await sniffed(Buffer.from(text))).toEqual({ encoding: 'utf-8', bom: false })
    expect(await sniffed(Buffer.from(`\uFEFF${text}`))).toEqual({ encoding: 'utf-8', bom: true })
    expect(await sniffed(utf16(`\uFEFF${text}`))).toEqual({ encoding: 'utf-16le', bom: true })
    expect(await sniffed(utf16(`\uFEFF${text}`, true))).toEqual({ encoding: 'utf-16be', bom: true })
    expect(await sniffed(utf16('Name,City\nAda,London\n'))).toEqual({ encoding: 'utf-16le', bom: false })
    expect(await sniffed(Buffer.from('Name\nM\xfcller\n', 'latin1'))).toEqual({ encoding: 'windows-1252', bom: false })
    // One damaged character among many sound ones is a damaged row, not another encoding.
    expect(await sniffed(Buffer.concat([Buffer.from('ÄÖÜ\näöü\n'), Buffer.from([0xff])]))).toEqual({ encoding: 'utf-8', bom: false })
  })

  it('are read in parts that end in the middle of a character', async () => {
    let read = ''
    for await (const text of decoded(pieces(Buffer.from('日本 Müller €'), 2), 'utf-8')) read += text
    expect(read).toBe('日本 Müller €')
    read = ''
    for await (const text of decoded(pieces(Buffer.from([0x80, 0x92, 0xfc]), 1), 'windows-1252')) read += text
    expect(read).toBe('€’ü')
  })
})

const rows = async (text: string, size = 5): Promise<SourceRow[]> => {
  async function* texts() { for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size) }
  const list: SourceRow[] = []
  for await (const row of readCsv(texts(), ',')) list.push(row)
  return list
}

describe('records', () => {
  it('go over several lines in quotes, and keep the line on which they begin', async () => {
    expect(await rows('a,b\r\n"x\r\ny","say ""hi"""\r\n\r\nc,d')).toEqual([
      { line: 1, cells: ['a', 'b'], fault: null }, { line: 2, cells: ['x\r\ny', 'say "hi"'], fault: null }, { line: 5, cells: ['c', 'd'], fault: null },
    ])
  })
  it('end for themselves where a quote is never closed: the rows after it are read', async () => {
    expect(await rows('a,b\n1,"open\n2,fine\n3,fine too\n')).toEqual([
      { line: 1, cells: ['a', 'b'], fault: null }, { line: 2, cells: [], fault: 'opens a quote that is never closed', faultAt: 1 }, { line: 3, cells: ['2', 'fine'], fault: null }, { line: 4, cells: ['3', 'fine too'], fault: null },
    ])
  })
  it('keep a quote inside a bare cell, and refuse text behind a closing one', async () => {
    expect(await rows('5" pipe,x\n"a"b,y\n')).toEqual([{ line: 1, cells: ['5" pipe', 'x'], fault: null }, { line: 2, cells: [], fault: expect.stringContaining('after a closing quote'), faultAt: 0 }])
  })
  it('are cut at a million characters, and the next one is read', async () => {
    expect(await rows(`a\n${'x'.repeat(2_500_000)}\nb\n`, 100_000)).toEqual([{ line: 1, cells: ['a'], fault: null }, { line: 2, cells: [], fault: 'is longer than 1,000,000 characters', faultAt: null }, { line: 3, cells: ['b'], fault: null }])
  })
})

describe('values', () => {
  it('are read by the sign and order of their column', () => {
    expect(parseNumber('1.054', ',')).toEqual({ value: 1_054 })
    expect(parseNumber('1.054', '.')).toEqual({ value: 1.054 })
    expect(parseNumber('1 054,5', ',')).toEqual({ value: 1_054.5 })
    expect(parseNumber('1.054,5', '.')).toHaveProperty('fault')
    expect(parseDate('26 Nov 2026', 'ymd')).toEqual({ value: '2026-11-26' })
    expect(parseDate('November 26, 2026', 'ymd')).toEqual({ value: '2026-11-26' })
    expect(parseDate('2/3/2026', 'mdy')).toEqual({ value: '2026-02-03' })
    expect(parseInstant('11/24/2026 3:04 PM', 'mdy')).toEqual({ value: '2026-11-24T15:04:00.000Z' })
    expect(parseInstant('2026-11-24T10:00:00.000+0100', 'ymd')).toEqual({ value: '2026-11-24T09:00:00.000Z' })
    expect(parseBoolean('Ja')).toEqual({ value: true })
    expect(phoneOf('030 123456', 'DE')).toBe('+4930123456')
    expect(phoneOf('030 123456', undefined)).toBe('030 123456')
    expect(phoneOf('+1 (213) 373-4253', undefined)).toBe('+12133734253')
  })
})
