import { z } from 'zod'
import { Instant, text } from './common.ts'
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

export const tokens = {
  create: operation({ id: 'embedTokens.create', method: 'post', path: '/embed-tokens', summary: 'Mints a short-lived token for a page', scope: 'crm:read', body: NewEmbedToken, status: 201, answer: EmbedToken, unrepeatable: true }),
}
export const whoami = {
  retrieve: operation({ id: 'whoami.retrieve', method: 'get', path: '/whoami', summary: 'Says who the caller is and what it may do', scope: 'crm:read', status: 200, answer: Whoami }),
}
export const realtime = {
  ticket: operation({ id: 'realtime.ticket', method: 'post', path: '/realtime/ticket', summary: 'Gives a ticket for one connection to the room, good for 30 seconds', scope: 'crm:read', status: 201, answer: Ticket, unrepeatable: true }),
}
