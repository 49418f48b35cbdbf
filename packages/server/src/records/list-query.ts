import type { FilterTree, LedgeredNoun, SearchedNoun, View } from '@flowstate-ai/sdk/contract'
import { and, type SQL } from 'drizzle-orm'
import type { ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { Invalid } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { SearchService } from '../search/search.service.ts'

interface ResolverDeps { scoped: Scoped; search: SearchService }

/** What a list's query comes to when its view and its search are looked up. */
export const createQueryResolver = ({ scoped, search }: ResolverDeps) => async (caller: Caller, noun: LedgeredNoun, { view: viewId, q, ...query }: ListQuery): Promise<{ query: ListQuery; also: SQL | undefined; view: View | null }> => {
  const view = viewId === undefined ? null : await viewOf(scoped, caller, noun, String(viewId))
  const sort = query.sort ?? view?.sort ?? undefined
  return {
    view,
    query: { ...query, ...(sort === undefined ? {} : { sort }) },
    also: and(
      view?.filter ? scoped.filter(noun, view.filter as FilterTree) : undefined,
      q === undefined ? undefined : scoped.among(noun, await search.ids(caller, noun as SearchedNoun, String(q))),
    ),
  }
}
export type QueryResolver = ReturnType<typeof createQueryResolver>

const viewOf = async (scoped: Scoped, caller: Caller, noun: LedgeredNoun, id: string): Promise<View> => {
  const found = await scoped.find(caller, 'views', id)
  const view = found ? (JSON.parse(found.json) as View) : null
  if (!view || view.archivedAt !== null || (!view.shared && view.madeBy !== caller.stableId)) throw new Invalid([{ pointer: '?view', code: 'not_found', detail: 'names no view here' }])
  if (view.noun !== noun) throw new Invalid([{ pointer: '?view', code: 'invalid_value', detail: `names a view of ${view.noun}` }])
  return view
}
