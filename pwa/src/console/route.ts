import { ref, watch } from 'vue'
import type { Page } from './duty'
import { fromQuery, toQuery, type Filters } from './queue/filters'

/** The filters of the queue; the address bar follows. */
export const filters = ref<Filters>(fromQuery(location.search))

/** The case whose drawer is open; Back closes it. */
export const openCase = ref<string | null>(new URLSearchParams(location.search).get('case'))

const pageOf = (path: string): Page => (/^\/console\/(rules|roster)$/.exec(path)?.[1] as Page | undefined) ?? 'cases'

/** The page of the address bar. */
export const page = ref<Page>(pageOf(location.pathname))

/** Shows another page; Back leads here again. */
export function goTo(next: Page): void {
  if (next === page.value) return
  page.value = next
  openCase.value = null
  history.pushState(null, '', next === 'cases' ? address() : `/console/${next}`)
}

/** Changes some of the filters. */
export function narrow(change: Partial<Filters>): void {
  filters.value = { ...filters.value, ...change }
}

function address(): string {
  const parts = [toQuery(filters.value), openCase.value && `case=${openCase.value}`].filter(Boolean)
  return parts.length ? `/console?${parts.join('&')}` : '/console'
}

function follow(push: boolean) {
  if (page.value !== 'cases') return
  const next = address()
  if (next === location.pathname + location.search) return
  if (push) history.pushState(null, '', next)
  else history.replaceState(null, '', next)
}

// Opening and closing a case and going to another place are steps to come back from; typing and moving on are not.
watch(openCase, (id, before) => follow((id === null) !== (before === null)))
watch(filters, (next, before) => follow(next.place !== before.place))

window.addEventListener('popstate', () => {
  page.value = pageOf(location.pathname)
  if (page.value !== 'cases') return
  filters.value = fromQuery(location.search)
  openCase.value = new URLSearchParams(location.search).get('case')
})
