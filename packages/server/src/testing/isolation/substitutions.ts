import type { Documented } from '../operations.ts'
import type { Asking } from './fixtures.records.ts'
import { nounOf, type World } from './world.ts'

/** The same request with one of its ids replaced: by the other workspace's of that noun, and by one that is nobody's. */
export interface Substitution { where: string; id: string; nobody: string; foreign: Asking; random: Asking }

const ID = /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/

/** One for each place where a request holds an id. */
export const substitutions = ({ path }: Documented, asking: Asking, other: World): Substitution[] => {
  const found: Substitution[] = []
  const at = (where: string, value: unknown, put: (id: string) => Asking) => {
    const noun = typeof value === 'string' && ID.test(value) ? nounOf(value) : undefined
    const id = noun && other.ids[noun]
    if (!id) return
    const nobody = `${id.slice(0, -6)}${id.endsWith('000000') ? '111111' : '000000'}`
    found.push({ where, id, nobody, foreign: put(id), random: put(nobody) })
  }
  for (const [name, value] of Object.entries(asking.path ?? {})) at('path', value, (id) => ({ ...asking, path: { ...asking.path, [name]: id } }))
  for (const [name, value] of Object.entries(asking.query ?? {})) at(`query's ${name}`, value, (id) => ({ ...asking, query: { ...asking.query, [name]: id } }))
  // What would be made of a body is not made: the second would find what the first has left.
  const rehearsed = path.endsWith('/batch') ? { query: { ...asking.query, mode: 'rehearse' } } : {}
  for (const [pointer, value] of leaves(asking.body)) at(`body's ${pointer.join('/')}`, value, (id) => ({ ...asking, ...rehearsed, body: replaced(asking.body, pointer, id) }))
  return found
}

const leaves = (value: unknown, pointer: readonly string[] = []): [readonly string[], unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([name, each]) => leaves(each, [...pointer, name])) : [[pointer, value]]

const replaced = (value: unknown, [name, ...rest]: readonly string[], by: string): unknown => {
  if (name === undefined) return by
  if (Array.isArray(value)) return value.map((each, index) => (String(index) === name ? replaced(each, rest, by) : (each as unknown)))
  return { ...(value as object), [name]: replaced((value as Record<string, unknown>)[name], rest, by) }
}
