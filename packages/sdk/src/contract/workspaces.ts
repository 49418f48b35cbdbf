import { z } from 'zod'
import { Instant, line, notEmpty, TimeZone } from './common.ts'
import { operation } from './operation.ts'
import { Membership } from './session.ts'

const Clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 22:00')
export const Weekday = z.enum(['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'])
export type Weekday = z.infer<typeof Weekday>

/** When nobody is to be reminded, by the wall clock of the workspace's time zone. A reminder that falls into it fires at its end. */
export const QuietHours = z.strictObject({
  from: Clock,
  to: z.union([Clock, z.literal('24:00')]).describe('On the next day where it is not later than `from`; `24:00`: until midnight.'),
  days: z.array(Weekday).min(1).max(7).refine((days) => new Set(days).size === days.length, 'must name each day once').optional().describe('On which of them it begins; default: all.'),
}).refine(({ from, to }) => from !== to, { message: 'must differ from `from`', path: ['to'] })
  .refine(({ from, to, days }) => from !== '00:00' || to !== '24:00' || (days?.length ?? 7) < 7, { message: 'must leave some time in which reminders fire', path: ['to'] })
  .meta({ id: 'QuietHours' })
export type QuietHours = z.infer<typeof QuietHours>

const settings = {
  name: line(100),
  timeZone: TimeZone.describe('Of quiet hours, and of reminders that name none; default UTC.'),
  quietHours: QuietHours.nullable(),
}
/** The workspace that the caller is in. */
export const Workspace = z.strictObject({ id: z.string(), slug: z.string(), ...settings, createdAt: Instant, updatedAt: Instant }).meta({ id: 'Workspace' })
export type Workspace = z.infer<typeof Workspace>
export const WorkspacePatch = notEmpty(z.strictObject(settings).partial()).describe('Open reminders follow new quiet hours at once.').meta({ id: 'WorkspacePatch' })
export type WorkspacePatch = z.input<typeof WorkspacePatch>

export const Slug = z.string().max(64).regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'takes lower-case letters, digits and hyphens, at most 64, such as acme-sales')
/** A workspace of the person's own, walled off from all others. */
export const NewWorkspace = z.strictObject({ slug: Slug, name: line(100).optional().describe('Default: the slug.') }).meta({ id: 'NewWorkspace' })
export type NewWorkspace = z.input<typeof NewWorkspace>
/** Workspaces that one person may own by making them. */
export const MOST_OWNED = 20

export const workspaces = {
  create: operation({ id: 'workspaces.create', method: 'post', path: '/workspaces', summary: 'Makes a workspace, and the person who is signed in its owner', scope: 'person', body: NewWorkspace, status: 201, answer: Membership, unrepeatable: true }),
  retrieve: operation({ id: 'workspaces.retrieve', method: 'get', path: '/workspaces/current', summary: 'Reads the workspace\'s settings', scope: 'crm:read', status: 200, answer: Workspace }),
  update: operation({ id: 'workspaces.update', audited: true, method: 'patch', path: '/workspaces/current', summary: 'Changes the workspace\'s settings', scope: 'admin', body: WorkspacePatch, status: 200, answer: Workspace }),
}
