/** How files of a kind begin, in bytes written as Latin-1; `at` where it is not the start. From the formats' own specifications. */
const SIGNATURES: readonly { type: string; starts: string; at?: number; also?: { at: number; starts: string } }[] = [
  { type: 'application/pdf', starts: '%PDF-' },
  { type: 'image/png', starts: '\x89PNG\r\n\x1a\n' },
  { type: 'image/jpeg', starts: '\xff\xd8\xff' },
  { type: 'image/gif', starts: 'GIF87a' },
  { type: 'image/gif', starts: 'GIF89a' },
  { type: 'image/webp', starts: 'RIFF', also: { at: 8, starts: 'WEBP' } },
  { type: 'audio/wav', starts: 'RIFF', also: { at: 8, starts: 'WAVE' } },
  { type: 'image/tiff', starts: 'II*\0' },
  { type: 'image/tiff', starts: 'MM\0*' },
  { type: 'video/mp4', starts: 'ftyp', at: 4 },
  { type: 'audio/mpeg', starts: 'ID3' },
  { type: 'application/ogg', starts: 'OggS' },
  { type: 'application/gzip', starts: '\x1f\x8b' },
  { type: 'application/zip', starts: 'PK\x03\x04' },
  { type: 'application/rtf', starts: '{\\rtf' },
]
/** As many bytes as the signatures reach. */
export const SNIFFED_BYTES = 16

/** What a file is by its first bytes; null where they say nothing. Office documents are the zip files that they are. */
export const sniff = (head: Uint8Array): string | null => {
  const text = String.fromCharCode(...head.subarray(0, SNIFFED_BYTES))
  return SIGNATURES.find(({ starts, at = 0, also }) => text.startsWith(starts, at) && (!also || text.startsWith(also.starts, also.at)))?.type ?? null
}
