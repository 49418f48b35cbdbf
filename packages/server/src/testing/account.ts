import { readFileSync } from 'node:fs'
import { Flowstate } from '@flowstate-ai/sdk'

export interface Account { acknowledged: number; kept: number; lost: number; doubled: number; holes: number; feed: number }

/** Holds what a server has against what its writers saw acknowledged: nothing lost, nothing twice, a feed without a hole. */
export const accountOf = async (url: string, key: string, log: string): Promise<Account> => {
  const acknowledged = readFileSync(log, 'utf8').trim().split('\n').filter((line) => line !== '')
  const flowstate = new Flowstate({ baseUrl: url, key })
  const names: string[] = []
  for await (const { name } of flowstate.companies.list({ limit: 200 })) names.push(name)
  const kept = new Set(names)
  let feed = 0
  let holes = 0
  for (let since = 0, next = 1; ;) {
    const { items, to } = await flowstate.changes.list({ since, limit: 200 })
    if (items.length === 0) break
    for (const { seq } of items) {
      if (seq !== next) holes++
      next = seq + 1
      feed++
    }
    since = to
  }
  return { acknowledged: acknowledged.length, kept: names.length, lost: acknowledged.filter((name) => !kept.has(name)).length, doubled: names.length - kept.size, holes, feed }
}

export const accountHolds = ({ kept, lost, doubled, holes, feed }: Account): boolean => lost === 0 && doubled === 0 && holes === 0 && feed === kept
