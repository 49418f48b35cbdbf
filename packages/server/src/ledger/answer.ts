import type { Answer, Row, StoredAnswer } from './ledger.ts'

/** An answer with the rows put in that its statements returned: each row's `json`, joined by commas. */
export const renderAnswer = ({ status, headers, body }: Answer, rows: Row[][]): StoredAnswer => ({
  status,
  headers,
  body: body.map((part) => (typeof part === 'string' ? part : (rows[part.statement] ?? []).map((row) => String(row.json)).join(','))).join(''),
})
