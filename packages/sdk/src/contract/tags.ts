import { z } from 'zod'
import { idOf, line, type ListSpec, notEmpty, recordFields } from './common.ts'
import { crud } from './crud.ts'

const fields = {
  name: line(60).describe('Unique among live tags, whatever the case of its letters.'),
  color: z.string().regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #3366cc').nullable(),
}
/** A label that records carry by its id, so that renaming it renames it everywhere. */
export const Tag = z.strictObject({ id: idOf('tags'), ...fields, ...recordFields }).meta({ id: 'Tag' })
export type Tag = z.infer<typeof Tag>
export const NewTag = z.strictObject(fields).partial({ color: true }).meta({ id: 'NewTag' })
export type NewTag = z.input<typeof NewTag>
export const TagPatch = notEmpty(z.strictObject(fields).partial()).meta({ id: 'TagPatch' })
export type TagPatch = z.input<typeof TagPatch>

export const TAG_LIST = { filters: { id: 'id', name: 'text', createdAt: 'instant' }, sorts: ['name', 'createdAt'], sort: 'name' } as const satisfies ListSpec
export const tags = crud({ noun: 'tags', one: 'a tag', item: Tag, create: NewTag, update: TagPatch, list: TAG_LIST })
