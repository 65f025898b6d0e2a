import type { CaseItem } from '../../shared/types'

/**
 * Gathers a burst of calls into one: `flush` runs `wait` milliseconds after the last call, and at the latest `most`
 * milliseconds after the first, so that a storm of events neither floods the server nor starves the screen.
 */
export function gather<T>(flush: (items: T[]) => void, wait: number, most: number): { add: (item: T) => void; stop: () => void } {
  let items: T[] = []
  let first = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const run = () => {
    const gathered = items
    items = []
    flush(gathered)
  }
  return {
    add(item) {
      const now = Date.now()
      if (!items.length) first = now
      items.push(item)
      clearTimeout(timer)
      timer = setTimeout(run, Math.max(0, Math.min(wait, first + most - now)))
    },
    stop() {
      clearTimeout(timer)
      items = []
    },
  }
}

/** The pages of the queue as one list. A case that slid from one page to the next while they were fetched appears once. */
export function joined(pages: readonly { items: readonly CaseItem[] }[]): CaseItem[] {
  const byId = new Map<string, CaseItem>()
  for (const page of pages) {
    for (const item of page.items) {
      const known = byId.get(item.id)
      if (!known || known.seq < item.seq) byId.set(item.id, item)
    }
  }
  return [...byId.values()]
}

/** Ids that came in, or moved on, between two looks at the same list: what deserves a moment of attention. */
export function news(before: readonly CaseItem[], after: readonly CaseItem[]): Set<string> {
  const seen = new Map(before.map((item) => [item.id, item.seq]))
  const oldest = before.length ? before[before.length - 1]!.id : null
  const end = oldest === null ? -1 : after.findIndex((item) => item.id === oldest)
  // What stands behind the old end of the list was loaded by scrolling; that is no news.
  const looked = end < 0 ? after.slice(0, before.length) : after.slice(0, end + 1)
  return new Set(looked.filter((item) => seen.get(item.id) !== item.seq).map((item) => item.id))
}

/** The selection after the list changed: the same case, or the one that now stands in its place. */
export function keptSelection(before: readonly string[], after: readonly string[], selected: string | null): string | null {
  if (selected === null || after.includes(selected)) return selected
  const at = before.indexOf(selected)
  if (at < 0) return null
  const follower = before.slice(at + 1).find((id) => after.includes(id))
  return follower ?? after[after.length - 1] ?? null
}
