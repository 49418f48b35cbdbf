import type { Change, Deal, DealSummary, Money, Stage } from '@flowstate-ai/sdk'

export interface Column { stage: Stage; deals: Deal[]; nextCursor: string | null; loaded: boolean; count: number; value: Money[] }
export interface Place { stageId: string; index: number }

const byPlace = (a: Deal, b: Deal): number => (a.position < b.position ? -1 : a.position > b.position ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** What a board knows of its pipeline. Columns in the order of their stages, deals in the order of (position, id). No DOM. */
export class Board {
  columns: Column[] = []
  readonly #where = new Map<string, string>()

  reset(stages: readonly Stage[]): void {
    this.#where.clear()
    this.columns = stages.map((stage) => ({ stage, deals: [], nextCursor: null, loaded: false, count: 0, value: [] }))
  }

  column(stageId: string): Column | undefined {
    return this.columns.find(({ stage }) => stage.id === stageId)
  }

  deal(id: string): Deal | undefined {
    const stageId = this.#where.get(id)
    return stageId === undefined ? undefined : this.column(stageId)?.deals.find((deal) => deal.id === id)
  }

  placeOf(id: string): Place | null {
    const stageId = this.#where.get(id)
    const index = stageId === undefined ? -1 : (this.column(stageId)?.deals.findIndex((deal) => deal.id === id) ?? -1)
    return stageId === undefined || index < 0 ? null : { stageId, index }
  }

  addPage(stageId: string, deals: readonly Deal[], nextCursor: string | null): void {
    const column = this.column(stageId)
    if (!column) return
    column.nextCursor = nextCursor
    column.loaded = true
    for (const deal of deals) this.put(deal)
  }

  /** Takes a deal as it is now, wherever it stood; false: it belongs to no column here. */
  put(deal: Deal): boolean {
    const known = this.deal(deal.id)
    if (known && known.version > deal.version) return true
    this.remove(deal.id)
    const column = this.column(deal.stageId)
    if (!column || deal.archivedAt !== null) return false
    const index = firstAfter(column.deals, deal)
    // Beyond what is loaded it comes with its page.
    if (index === column.deals.length && column.nextCursor !== null && !known) return true
    column.deals.splice(index, 0, deal)
    this.#where.set(deal.id, deal.stageId)
    return true
  }

  remove(id: string): void {
    const place = this.placeOf(id)
    if (!place) return
    this.column(place.stageId)?.deals.splice(place.index, 1)
    this.#where.delete(id)
  }

  /** The deal at another place, shown before the server has agreed; answers what to ask of it, and how to put it back. */
  moveTo(id: string, { stageId, index }: Place): { afterId: string | null; beforeId: string | null; undo: () => void } | null {
    const [deal, from, to] = [this.deal(id), this.placeOf(id), this.column(stageId)]
    if (!deal || !from || !to) return null
    const rest = to.deals.filter((other) => other.id !== id)
    const at = Math.max(0, Math.min(index, rest.length))
    this.remove(id)
    to.deals.splice(at, 0, { ...deal, stageId })
    this.#where.set(id, stageId)
    return {
      afterId: rest[at - 1]?.id ?? null, beforeId: rest[at]?.id ?? null,
      undo: () => {
        const now = this.deal(id)
        // Someone else's newer word about it stands.
        if (now && now.version > deal.version) return
        this.remove(id)
        this.column(from.stageId)?.deals.splice(from.index, 0, deal)
        this.#where.set(id, from.stageId)
      },
    }
  }

  /** What a change of the feed means here: taken, or to be fetched because the board knows too little of it. */
  apply(change: Change): 'nothing' | 'taken' | 'fetch' | 'reload' {
    if (change.noun === 'stages' || change.noun === 'pipelines') return 'reload'
    if (change.noun !== 'deals') return 'nothing'
    const known = this.deal(change.id)
    if (change.op === 'archive') {
      this.remove(change.id)
      return known ? 'taken' : 'nothing'
    }
    const stageId = change.fields.stageId?.to
    if (!known) return change.op === 'update' && stageId === undefined ? 'nothing' : typeof stageId === 'string' && !this.column(stageId) ? 'nothing' : 'fetch'
    if (known.version >= change.version) return 'nothing'
    if (known.version < change.version - 1) return 'fetch'
    const next: Record<string, unknown> = { ...known, version: change.version, updatedAt: change.at }
    for (const [name, { to }] of Object.entries(change.fields)) if (!name.includes('.')) next[name] = to
    this.put(next as unknown as Deal)
    return 'taken'
  }

  takeTotals({ stages }: DealSummary): void {
    for (const column of this.columns) {
      const totals = stages.find(({ stageId }) => stageId === column.stage.id)
      column.count = totals?.count ?? 0
      column.value = totals?.value ?? []
    }
  }
}

/** By halves: columns hold thousands. */
const firstAfter = (deals: readonly Deal[], deal: Deal): number => {
  let [low, high] = [0, deals.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const other = deals[middle]
    if (other && byPlace(other, deal) < 0) low = middle + 1
    else high = middle
  }
  return low
}
