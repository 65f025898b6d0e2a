import { nextTick, ref, type Ref } from 'vue'

export type PageName = 'home' | 'report' | 'course' | 'mine' | 'missing'

/** Where the reader is: the page, the part of the path that varies, and the query. */
export interface Route {
  page: PageName
  code: string
  query: URLSearchParams
}

/** The page of an address below `/`. */
export function match(url: URL): Route {
  const path = url.pathname.replace(/\/+$/, '') || '/'
  const query = url.searchParams
  const course = /^\/r(?:\/([^/]+))?$/.exec(path)
  if (course) return { page: 'course', code: decode(course[1] ?? ''), query }
  const page = ({ '/': 'home', '/index.html': 'home', '/report': 'report', '/mine': 'mine' } as Record<string, PageName>)[path]
  return { page: page ?? 'missing', code: '', query }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const here = () => match(new URL(location.href))

/** Reactive. */
export const route: Ref<Route> = ref(here())

/** How many screens of ours lie behind this one: back stays inside the app. */
let depth = 0

function arrive() {
  route.value = here()
  void nextTick(() => {
    scrollTo(0, 0)
    ;(document.querySelector<HTMLElement>('.question') ?? document.querySelector('h1'))?.focus({ preventScroll: true })
  })
}

/** Goes to an address of this door. */
export function go(to: string, how: { replace?: boolean } = {}): void {
  if (how.replace) history.replaceState(history.state, '', to)
  else {
    depth += 1
    history.pushState({ depth }, '', to)
  }
  arrive()
}

/** One screen back; from the first one, home. */
export function back(): void {
  if (depth > 0) history.back()
  else go('/', { replace: true })
}

/** Listens to the browser's own back button and takes over clicks on links of this door; called once. */
export function startRouter(): void {
  depth = (history.state as { depth?: number } | null)?.depth ?? 0
  addEventListener('popstate', (event) => {
    depth = (event.state as { depth?: number } | null)?.depth ?? 0
    arrive()
  })
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a')
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const url = new URL(link.href, location.href)
    if (link.target || link.hasAttribute('download') || url.origin !== location.origin || match(url).page === 'missing') return
    event.preventDefault()
    go(url.pathname + url.search)
  })
}
