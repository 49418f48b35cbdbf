import { z } from 'zod'
import { idOf, Instant, type ListSpec, listQuery, pageOf, text } from './common.ts'
import { operation } from './operation.ts'
import { RecordFilter, Role, Scope } from './permissions.ts'

/** Seconds that an embed token lives. */
export const EMBED_TTL = { min: 5, max: 900, default: 600 }

/** An exact web origin, `https://app.example.com`: no path, no wildcard. */
export const Origin = z.string().max(300).refine((value) => {
  try { return new URL(value).origin === value && /^https?:/.test(value) } catch { return false }
}, 'must be an exact origin such as https://app.example.com')

export const NewEmbedToken = z.strictObject({
  subject: text(200, 1).describe('The host\'s id of the person the token is for; shown as the actor of what is done with it.'),
  role: Role.exclude(['owner']).describe('Default viewer.').optional(),
  scopes: z.array(Scope.exclude(['tasks:work', 'admin'])).min(1).optional().describe('Default: those of the role that the key holds too. Never beyond the key\'s.'),
  origins: z.array(Origin).max(20).optional().describe('The pages that may use it; default: the allowed origins of the server.'),
  records: RecordFilter.optional().describe('Limits the token to some records. Not together with `agents:read`, which shows the whole workspace.'),
  ttl: z.int().min(EMBED_TTL.min).max(EMBED_TTL.max).optional().describe(`Seconds, default ${EMBED_TTL.default}.`),
}).meta({ id: 'NewEmbedToken' })
export type NewEmbedToken = z.input<typeof NewEmbedToken>
export const EmbedToken = z.strictObject({ token: z.string(), expiresAt: Instant, expiresIn: z.int().describe('Seconds from now.') }).meta({ id: 'EmbedToken' })
export type EmbedToken = z.infer<typeof EmbedToken>

export const Ticket = z.strictObject({ ticket: z.string(), expiresIn: z.int().describe('Seconds from now.'), workspaceId: z.string(), path: z.string().describe('Of the socket, relative to the server\'s base: `parties/main/<workspaceId>`.') }).meta({ id: 'Ticket' })
export type Ticket = z.infer<typeof Ticket>

/** Who the caller is, as the server sees it. */
export const Whoami = z.strictObject({
  actor: z.strictObject({ kind: z.string(), id: z.string(), name: z.string() }), workspaceId: z.string(), workspaceSlug: z.string(), scopes: z.array(Scope), records: RecordFilter.nullable(), expiresAt: Instant.nullable(), now: Instant,
}).meta({ id: 'Whoami' })
export type Whoami = z.infer<typeof Whoami>

/** Hours for which a page's refresh is good, from the moment the person signed in. */
export const REFRESH_HOURS = 12

const base64url = (length: number, what: string) => z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${length}}$`), `must be ${what}`)
/** From the page where a person signed in, for the page that asked for it. */
export const NewSignInCode = z.strictObject({
  origin: Origin.describe('The page that the code is for; one of the server\'s allowed origins.'),
  challenge: base64url(43, 'the SHA-256 of the verifier in base64url').describe('RFC 7636, S256: only who knows its verifier can exchange the code.'),
  workspaceId: z.string().max(64).optional().describe('Needed from a person who belongs to several workspaces.'),
}).meta({ id: 'NewSignInCode' })
export type NewSignInCode = z.input<typeof NewSignInCode>
export const SignInCode = z.strictObject({ code: z.string(), expiresIn: z.int().describe('Seconds from now.') }).meta({ id: 'SignInCode' })
export type SignInCode = z.infer<typeof SignInCode>
export const CodeExchange = z.strictObject({ code: z.string().min(1).max(200), verifier: z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/, 'must be 43 to 128 characters of A-Z a-z 0-9 . _ ~ -') }).meta({ id: 'CodeExchange' })
export type CodeExchange = z.input<typeof CodeExchange>
export const Refresh = z.strictObject({ refresh: z.string().min(1).max(300) }).meta({ id: 'Refresh' })
export type Refresh = z.input<typeof Refresh>
/** A page's token, and what gets it the next one. */
export const PageToken = EmbedToken.extend({
  refresh: z.string().describe('Good once, from the same origin; keep it in memory alone.'),
  refreshExpiresAt: Instant.describe(`When the person has to sign in again: ${REFRESH_HOURS} hours after they did.`),
  workspaceId: z.string(),
}).meta({ id: 'PageToken' })
export type PageToken = z.infer<typeof PageToken>

/** What embed tokens stand on: minted by a key, or of a person who signed in from a page. */
export const EmbedSession = z.strictObject({
  id: idOf('sessions'), subject: z.string(), keyId: z.string().nullable(), memberId: z.string().nullable(), origin: z.string().nullable(), createdAt: Instant, expiresAt: Instant, revokedAt: Instant.nullable(),
}).meta({ id: 'EmbedSession' })
export type EmbedSession = z.infer<typeof EmbedSession>
export const EMBED_SESSION_LIST = { filters: { id: 'id', subject: 'text', keyId: 'id', memberId: 'id', origin: 'id' }, sorts: ['createdAt'], sort: '-createdAt', archivable: false } as const satisfies ListSpec

export const tokens = {
  list: operation({ id: 'embedTokens.list', method: 'get', path: '/embed-tokens', summary: 'Lists what embed tokens stand on, until it ends', scope: 'admin', query: listQuery(EMBED_SESSION_LIST), status: 200, answer: pageOf(EmbedSession) }),
  code: operation({ id: 'embedTokens.code', method: 'post', path: '/embed-tokens/code', summary: 'Gives the person who is signed in a one-time code for a page', scope: 'person', body: NewSignInCode, status: 201, answer: SignInCode, unrepeatable: true }),
  exchange: operation({ id: 'embedTokens.exchange', method: 'post', path: '/embed-tokens/exchange', summary: 'Exchanges a one-time code for a token, from the page that it is for', scope: 'anyone', body: CodeExchange, status: 201, answer: PageToken, unrepeatable: true }),
  refresh: operation({ id: 'embedTokens.refresh', method: 'post', path: '/embed-tokens/refresh', summary: 'Exchanges a refresh for the next token; used twice, it ends the session', scope: 'anyone', body: Refresh, status: 201, answer: PageToken, unrepeatable: true }),
  end: operation({ id: 'embedTokens.end', method: 'post', path: '/embed-tokens/end', summary: 'Signs a page out', scope: 'anyone', body: Refresh, status: 204, unrepeatable: true }),
  revoke: operation({ id: 'embedTokens.revoke', audited: true, method: 'delete', path: '/embed-tokens/{id}', summary: 'Ends a session and its tokens within a second', scope: 'admin', status: 200, answer: EmbedSession }),
  revokeAll: operation({ id: 'embedTokens.revokeAll', audited: true, method: 'delete', path: '/embed-tokens', summary: 'Ends every embed token of the workspace within a second', scope: 'admin', status: 204 }),
  create: operation({ id: 'embedTokens.create', method: 'post', path: '/embed-tokens', summary: 'Mints a short-lived token for a page', scope: 'crm:read', body: NewEmbedToken, status: 201, answer: EmbedToken, unrepeatable: true }),
}
export const whoami = {
  retrieve: operation({ id: 'whoami.retrieve', method: 'get', path: '/whoami', summary: 'Says who the caller is and what it may do', scope: 'crm:read', status: 200, answer: Whoami }),
}
export const realtime = {
  ticket: operation({ id: 'realtime.ticket', method: 'post', path: '/realtime/ticket', summary: 'Gives a ticket for one connection to the room, good for 30 seconds', scope: 'crm:read', status: 201, answer: Ticket, unrepeatable: true }),
}
