import { allOperations } from '@flowstate-ai/sdk/contract'

/** What reads of the interface want besides their path. */
const QUERIES: Record<string, string> = { '/search': '?q=company', '/companies': '?sort=-updatedAt&q=company', '/customers': '?sort=name' }
const GETS = allOperations().filter(({ method }) => method === 'get')

type Ask = (path: string) => Promise<Response>

/** Every read of the interface that needs no record, and those of the first record of each list. Answers what to ask for. */
export const readPaths = async (ask: Ask): Promise<string[]> => {
  const paths: string[] = []
  for (const { path } of GETS) {
    const [parent = '', rest] = path.split('/{id}', 2)
    if (rest === undefined) {
      if (!path.includes('{')) paths.push(path + (QUERIES[path] ?? ''))
      continue
    }
    const list = await ask(parent)
    const { items = [] } = list.ok ? ((await list.json()) as { items?: { id?: string }[] }) : {}
    if (items[0]?.id !== undefined && !rest.includes('{')) paths.push(`${parent}/${items[0].id}${rest}`)
  }
  return paths
}

/** Each path with its status; a body that does not end well counts as none. */
export const statusesOf = async (ask: Ask, paths: readonly string[]): Promise<Record<string, number>> => {
  const statuses: Record<string, number> = {}
  for (const path of paths) {
    const response = await ask(path)
    statuses[path] = await response.arrayBuffer().then(() => response.status, () => 0)
  }
  return statuses
}
