import { z } from 'zod'
import { text } from './common.ts'

export const FilterOp = z.enum(['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'contains', 'startsWith', 'holds', 'empty'])
export type FilterOp = z.infer<typeof FilterOp>
const Value = z.union([text(1_000), z.number(), z.boolean(), z.null(), z.array(z.union([text(1_000), z.number()])).max(200)])

/** One comparison. `field` is a field of the noun, or `customFields.x`; money is compared in minor units; `tags` equal a tag's id when they hold it, and a custom field that is a list `holds` a value. */
export const Condition = z.strictObject({ field: z.string().min(1).max(80), op: FilterOp.default('eq'), value: Value.optional() }).meta({ id: 'Condition' })
export interface Condition { field: string; op?: FilterOp | undefined; value?: z.infer<typeof Value> | undefined }

/** Conditions joined by `and`, `or` and `not`, at most five deep and a hundred in all. */
export type FilterTree = Condition | { and: FilterTree[] } | { or: FilterTree[] } | { not: FilterTree }
const MOST_CONDITIONS = 100
const DEEPEST = 5

const Node: z.ZodType<FilterTree> = z.lazy(() => z.union([
  z.strictObject({ and: z.array(Node).min(1).max(MOST_CONDITIONS) }),
  z.strictObject({ or: z.array(Node).min(1).max(MOST_CONDITIONS) }),
  z.strictObject({ not: Node }),
  Condition,
])).meta({ id: 'FilterNode' })

export const FilterTree = Node.refine((tree) => depthOf(tree) <= DEEPEST && sizeOf(tree) <= MOST_CONDITIONS, `must be at most ${DEEPEST} levels deep and hold at most ${MOST_CONDITIONS} conditions`).meta({ id: 'FilterTree' })

const childrenOf = (tree: FilterTree): FilterTree[] => ('and' in tree ? tree.and : 'or' in tree ? tree.or : 'not' in tree ? [tree.not] : [])
const depthOf = (tree: FilterTree): number => 1 + Math.max(0, ...childrenOf(tree).map(depthOf))
const sizeOf = (tree: FilterTree): number => ('field' in tree ? 1 : childrenOf(tree).reduce((sum, child) => sum + sizeOf(child), 0))
