import { z } from 'zod'
import { idOf, line, type ListSpec, notEmpty, recordFields } from './common.ts'
import { crud } from './crud.ts'
import { FilterTree } from './filters.ts'

export const ViewNoun = z.enum(['companies', 'customers', 'deals', 'interactions', 'reminders'])
export type ViewNoun = z.infer<typeof ViewNoun>

const fields = {
  name: line(100),
  filter: FilterTree.nullable(),
  sort: z.string().min(1).max(300).nullable().describe('As in a list\'s `sort`: `-value,title`.'),
  columns: z.array(z.string().min(1).max(80)).max(100).describe('Fields in the order in which they are shown and exported; default: all.'),
  shared: z.boolean().describe('Seen by everyone in the workspace; default false: by its maker alone.'),
}
/** A list as somebody left it: what it shows, in which order and columns. `GET /{noun}?view=vie_…` lists it, `/exports/{noun}?view=…` exports it. */
export const View = z.strictObject({ id: idOf('views'), noun: ViewNoun, ...fields, madeBy: z.string().describe('Whose it is while it is not shared.'), ...recordFields }).meta({ id: 'View' })
export type View = z.infer<typeof View>
export const NewView = z.strictObject({ noun: ViewNoun, ...fields }).partial({ filter: true, sort: true, columns: true, shared: true }).meta({ id: 'NewView' })
export type NewView = z.input<typeof NewView>
export const ViewPatch = notEmpty(z.strictObject(fields).partial()).meta({ id: 'ViewPatch' })
export type ViewPatch = z.input<typeof ViewPatch>

export const VIEW_LIST = { filters: { id: 'id', noun: 'enum', name: 'text', shared: 'boolean', createdAt: 'instant' }, sorts: ['name', 'createdAt'], sort: 'name' } as const satisfies ListSpec
export const views = crud({ noun: 'views', one: 'a saved view', item: View, create: NewView, update: ViewPatch, list: VIEW_LIST })
