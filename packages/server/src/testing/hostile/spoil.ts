import type { Random } from '../../demo/random.ts'
import { anything, type Making } from './values.ts'

const escaped = (codes: string): string => `"${codes}"`
/** JSON that only looks like a value: spliced into the text of a body, since no JavaScript value stands for it. */
const RAW = [
  '1e400', '-1e400', '1e-400', '123456789012345678901234567890', '-0', '0.1e1', '9007199254740993', 'NaN', 'Infinity', 'undefined', '01', '+1', '.5', '0x10', "'x'", '"\\x41"', '"\t"',
  escaped('\\u0000'), escaped('a\\u0000b'), escaped('\\ud800'), escaped('\\udc00x'), escaped('\\ud83d'), escaped('\\ude00\\ud83d'), '{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{}}}', '{"a":1,"a":2}', '[[[[]]]]', '{"\\u0000":1}', '{"\\ud800":1}', '{"":1}',
]
const MARK = '\u0001spoilt\u0001'

/** A body near to what was asked for: one place in it is wrong, or all of it. */
export const spoiltBody = (body: unknown, making: Making): Buffer => {
  const { random } = making
  const text = () => JSON.stringify(body) ?? ''
  return random.pick<() => Buffer>([
    () => Buffer.from(text().slice(0, random.below(text().length + 1))),
    () => Buffer.from(`\ufeff${text()}`),
    () => Buffer.from(text(), 'utf16le'),
    () => Buffer.concat([Buffer.from(text().slice(0, -1)), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), Buffer.from('}')]),
    () => Buffer.alloc(0),
    () => Buffer.from(random.pick(['null', '[]', '"x"', '1', 'true', '{}', '{', '}', ',', '{}{}', '<xml/>', 'name=x&y=z', '\u0000', '{"a":1,}', '// x\n{}', "{'a':1}"])),
    () => Buffer.from(`${'['.repeat(20_000)}${']'.repeat(20_000)}`),
    () => Buffer.from(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
    () => Buffer.from(withNested(body, random.pick([63, 64, 65, 70, 900]))),
    () => Buffer.from(`[${Array.from({ length: 20_000 }, () => '0').join(',')}]`),
    () => Buffer.from(JSON.stringify({ ...(body as object), ['x'.repeat(5_000)]: 1 })),
    () => Buffer.from(JSON.stringify({ ...(body as object), [random.pick(['id', 'version', 'workspaceId', 'createdAt', 'nothing', 'constructor', 'toString'])]: anything(making) })),
    () => Buffer.from(twice(text())),
    ...Array.from({ length: 10 }, () => () => Buffer.from(JSON.stringify(replaced(body, making, MARK)).replaceAll(JSON.stringify(MARK), random.pick(RAW)))),
    ...Array.from({ length: 8 }, () => () => Buffer.from(JSON.stringify(replaced(body, making, random.pick<() => unknown>([() => anything(making), () => 'x'.repeat(random.pick([255, 10_001, 100_001, 500_000])), () => Number.MAX_VALUE, () => -1, () => 1e21, () => 2 ** 31, () => 0.5])())))),
    ...Array.from({ length: 3 }, () => () => Buffer.from(JSON.stringify(lacking(body, random)))),
    ...Array.from({ length: 2 }, () => () => Buffer.from(JSON.stringify(body).replace('{', '{"__proto__":{"polluted":true},'))),
  ])()
}

const withNested = (body: unknown, levels: number): string => JSON.stringify({ ...(body as object), customFields: { deep: JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as unknown } })
const twice = (text: string): string => (text.startsWith('{"') ? `{${text.slice(1, text.indexOf(':'))}:"first",${text.slice(1)}` : text)

const lacking = (body: unknown, random: Random): unknown => {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return {}
  const names = Object.keys(body)
  const gone = names.length > 0 ? random.pick(names) : ''
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== gone))
}

/** The value with another somewhere in it. */
const replaced = (value: unknown, making: Making, by: unknown): unknown => {
  const { random } = making
  if (Array.isArray(value) && value.length > 0 && random.chance(0.85)) {
    const at = random.below(value.length)
    return value.map((item, index) => (index === at ? replaced(item, making, by) : item))
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0 && random.chance(0.85)) {
    const at = random.pick(Object.keys(value))
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, name === at ? replaced(item, making, by) : item]))
  }
  return by
}

/** Segments of a path that are no id. */
export const ODD_SEGMENTS = [
  '%00', '%', '%zz', '%2', '%c0%80', '%ff', '%ed%a0%80', '..', '%2e%2e', '%2F', '..%2f..%2fetc%2fpasswd', '%2525', '%F0%9F%98%80', '\u00e9', 'a%20b', '+', '*', '$', '{id}', ':id', '(x)', '[x]', 'a;b', 'a,b', "'", '"', '<x>', '|', '^', '~', '%0d%0aX-Injected:1',
  'undefined', 'null', '__proto__', 'constructor', 'batch', 'by', 'x'.repeat(300), 'x'.repeat(8_000), '%41'.repeat(500), '-1', '0', '1e9', 'dea_', 'CUS_01JD3W7K5R8E4N2V6Y9Q0X1Z3B', "dea_01'or'1'='1", '?', '#', '%3F', '%23',
] as const

export const ODD_QUERIES = [
  'limit=0', 'limit=201', 'limit=-1', 'limit=1e2', 'limit=', 'limit=999999999999', 'limit=50&limit=50', 'cursor=', 'cursor=x', 'cursor=%00', 'cursor=e30', 'cursor=W10', 'cursor=bnVsbA', 'cursor=eyJrIjpbXX0', 'cursor=WyIiLCIiXQ', 'cursor=WzFlOTk5LG51bGxd', `cursor=${'A'.repeat(1_999)}`, `cursor=${'A'.repeat(3_000)}`,
  'sort=', 'sort=-', 'sort=--name', 'sort=nothing', 'sort=name,name', 'sort=id;drop', 'sort=customFields.x', 'sort=-customFields.region,createdAt', 'sort=customFields.__proto__', `sort=${'name,'.repeat(50)}`,
  'q=', 'q=%00', 'q=%25', 'q=%22', 'q=*', 'q=%27', 'q=(', 'q=:*', 'q=a%20AND%20', 'q=%F0%9F%98%80', 'q=%ed%a0%80', `q=${'a'.repeat(200)}`, `q=${'a%20'.repeat(66)}`, 'q=%D8%AB%D9%85', 'q=%26%7C!', 'q=-', 'q=a', 'q=%5C',
  'filter=', 'filter=x', 'filter=null', 'filter=[]', 'filter={}', 'filter=%7B%22and%22%3A%5B%5D%7D', 'filter=%7B%22field%22%3A%22name%22%2C%22op%22%3A%22in%22%2C%22value%22%3A%5B%5D%7D', 'filter=%7B%22field%22%3A%22customFields.x%22%2C%22op%22%3A%22gt%22%2C%22value%22%3A%22%5Cu0000%22%7D',
  'filter=%7B%22field%22%3A%22customFields.x%22%2C%22op%22%3A%22gt%22%2C%22value%22%3A1e308%7D', 'filter=%7B%22field%22%3A%22name%22%2C%22op%22%3A%22contains%22%2C%22value%22%3A%22%5C%5C%22%7D', 'filter=%7B%22field%22%3A%22createdAt%22%2C%22op%22%3A%22gt%22%2C%22value%22%3A%22x%22%7D', 'filter=%7B%22field%22%3A%22customFields.x%22%2C%22op%22%3A%22holds%22%2C%22value%22%3A%22%5Cud800%22%7D', 'filter=%7B%22field%22%3A%22version%22%2C%22op%22%3A%22eq%22%2C%22value%22%3A1%7D',
  `filter=${encodeURIComponent('{"not":'.repeat(200))}`, `filter=${encodeURIComponent(`${'{"not":'.repeat(200)}{"field":"name","value":"x"}${'}'.repeat(200)}`)}`, `filter=${encodeURIComponent(JSON.stringify({ or: Array.from({ length: 101 }, () => ({ field: 'name', value: 'x' })) }))}`,
  'customFields.x=1', 'customFields.x=%00', 'customFields.x[gte]=9', 'customFields.x[gte]=a', 'customFields.x[in]=a,b', 'customFields.x=null', 'customFields.x=true', "customFields.x'=1", 'customFields.=1', 'customFields.__proto__=1', 'customFields.x[contains]=%25', 'customFields.x[zz]=1', 'name[contains]=', 'name[contains]=%25', 'name[startsWith]=%5C', 'name[in]=', 'name[in]=,', 'name=%00', 'name[ne]=%00', 'id=%00', 'id[in]=%00,%00', 'tags=%00', 'tags[in]=%00', 'status=%00', 'value[gte]=1e5', 'value[gte]=999999999999999', 'value=9999999999999999', 'employeeCount[gt]=99999999999999999999', 'employeeCount=1.5', 'durationMinutes=99999999999', 'foundedYear[gte]=1e400', 'createdAt[gte]=yesterday', 'createdAt[gte]=0000-01-01T00:00:00Z', 'createdAt[lte]=9999-12-31T23:59:59-12:00', 'createdAt=null', 'expectedCloseDate=0000-01-01', 'expectedCloseDate[gte]=2026-02-30',
  'archived=maybe', 'archived=any', 'archived=true', 'view=x', 'view=%00', 'mode=x', 'mode=propose', 'mode=rehearse', 'mode=propose&mode=propose', 'partial=1', 'since=-1', 'since=999999999999999', 'since=1e9', 'nouns=', 'nouns=deals,', 'noun=x', 'map=x', 'map=%7B%7D', '__proto__=1', 'constructor=1', '%00=1', '=', '&', '&&&', '%', '%zz=%zz', 'a[b][c]=d', `x=${'y'.repeat(9_000)}`, Array.from({ length: 300 }, (_, index) => `p${index}=1`).join('&'),
] as const

export const ODD_HEADERS: readonly (readonly string[])[] = [
  ['If-Match: *'], ['If-Match: "0"'], ['If-Match: "1", "2"'], ['If-Match: W/"1"'], ['If-Match: 1'], ['If-Match: "999999999"'], ['If-Match: "99999999999999"'], ['If-Match: '], ['If-Match: "x"'], ['If-Match: "-1"'], ['If-Match: "1"', 'If-Match: "2"'],
  ['If-None-Match: *'], ['If-None-Match: "1"'], ['If-None-Match: W/"x"'], ['If-None-Match: "1", W/"2"'], [`If-None-Match: ${'"x",'.repeat(2_000)}"y"`], ['If-None-Match: \u0080\u00ff'], ['If-Modified-Since: x'],
  ['Prefer: respond-async'], ['Prefer: return=minimal'], ['Prefer: handling=lenient, wait=100'], ['Range: bytes=0-1'], ['Accept: text/html'], ['Accept: application/xml;q=0.1'], ['Accept: ,;=*'], ['Accept-Encoding: gzip, br, x'], ['Accept-Language: \u00ff'], ['Accept-Charset: utf-16'],
  ['Idempotency-Key: '], ['Idempotency-Key: a'], ['Idempotency-Key: a', 'Idempotency-Key: b'], [`Idempotency-Key: ${'k'.repeat(255)}`], [`Idempotency-Key: ${'k'.repeat(256)}`], ['Idempotency-Key: \u00e9\u00ff'], ['Flowstate-Strict: 1'], ['Flowstate-Strict: yes'], ['Flowstate-Workspace: wsp_x'], ['Flowstate-Run: x'], ['Flowstate-Run: {"taskId":"x"}'], ['Flowstate-Run: {"cost":1e400}'], [`Flowstate-Run: ${'x'.repeat(3_000)}`],
  ['Origin: null'], ['Origin: https://evil.example'], ['Origin: x'], ['Origin: '], ['Cookie: a=b; __proto__=c'], ['X-Forwarded-For: 127.0.0.1, ::1', 'X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: javascript'], ['X-HTTP-Method-Override: DELETE'], ['X-Request-Id: x\u00ff'], ['Host: evil.example'], ['Host: [::1'], ['Host: a b'], ['Host: '], ['Host: x@y:99999'], ['Host: localhost:99999'], ['Upgrade: websocket', 'Connection: Upgrade'], ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'], ['Expect: 100-continue'], ['Expect: 200-ok'], ['Connection: close, keep-alive, x'], ['Trailer: X'], ['TE: trailers'], ['Via: x'], ['Max-Forwards: 0'],
  Array.from({ length: 90 }, (_, index) => `X-Flood-${index}: ${'y'.repeat(50)}`), Array.from({ length: 1_000 }, (_, index) => `X-Flood-${index}: y`), Array.from({ length: 3_000 }, (_, index) => `X${index}: y`), [`X-Large: ${'y'.repeat(15_000)}`], [`X-Large: ${'y'.repeat(40_000)}`],
  ['Authorization: '], ['Authorization: Bearer'], ['Authorization: Bearer '], ['Authorization: Basic YTpi'], ['Authorization: Bearer fsk_'], ['Authorization: Bearer fsk_x.y.z'], ['Authorization: Bearer eyJhbGciOiJub25lIn0.e30.'], [`Authorization: Bearer ${'x'.repeat(10_000)}`], ['Authorization: Bearer \u00ff\u00fe'], ['Authorization: Bearer fsk_%00'], ['Authorization: Bearer a b c'],
]

export const ODD_TYPES = ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data', 'multipart/form-data; boundary=x', 'application/json; charset=utf-16', 'application/json; charset=latin1', 'APPLICATION/JSON', 'application/json;', 'application/json, text/plain', 'application/vnd.api+json', 'text/csv', 'text/csv; charset=x', '', ';', '\u00ff', 'x'.repeat(2_000)] as const
