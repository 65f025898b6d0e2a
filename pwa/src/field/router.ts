/** The addresses of the field door. A few screens need no library. */
import { computed, ref } from 'vue'

export type ScreenName = 'today' | 'login' | 'outbox' | 'case' | 'handle' | 'verify' | 'act' | 'report'

export interface Route {
  screen: ScreenName
  caseId: string
  query: URLSearchParams
}

const PATTERN = /^\/field(?:\/(?:(login|outbox|report)|cases\/([\w-]+)(?:\/(handle|verify|act))?))?\/?$/

/** Screen and case of an address; anything unknown is today. */
export function parse(path: string, search = ''): Route {
  const [, plainScreen, caseId = '', step] = PATTERN.exec(path) ?? []
  const screen = (plainScreen ?? step ?? (caseId ? 'case' : 'today')) as ScreenName
  return { screen, caseId, query: new URLSearchParams(search) }
}

const here = ref(location.pathname + location.search)
/** How many screens of ours lie behind this one: 0 when the app was opened here. */
let depth = 0

export const route = computed(() => {
  const url = new URL(here.value, location.origin)
  return parse(url.pathname, url.search)
})

/** Shows another screen; `replace` leaves no way back to this one. */
export function go(path: string, replace = false): void {
  if (path === here.value) return
  if (replace) history.replaceState({ depth }, '', path)
  else history.pushState({ depth: (depth += 1) }, '', path)
  here.value = path
  scrollTo(0, 0)
}

/** Back to where the person came from, or to `otherwise` when the app was opened on this screen. */
export function back(otherwise = '/field'): void {
  if (depth > 0) history.back()
  else go(otherwise, true)
}

addEventListener('popstate', (event) => {
  depth = (event.state as { depth?: number } | null)?.depth ?? 0
  here.value = location.pathname + location.search
})

// Links inside the door change the screen without loading the page again.
document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest?.('a')
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || link.target) return
  if (link.origin !== location.origin || !PATTERN.test(link.pathname)) return
  event.preventDefault()
  go(link.pathname + link.search)
})
