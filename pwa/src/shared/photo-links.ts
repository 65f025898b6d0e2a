import { onScopeDispose } from 'vue'

/** Several photos that fail at once are one question. */
const CALM_MS = 100

/** Whether the link of a photo no longer works; an address that is not signed always does. */
export function isOver(address: string, now = Date.now()): boolean {
  const until = new URL(address, location.href).searchParams.get('until')
  return until !== null && Number(until) * 1000 <= now
}

/**
 * Asks for fresh links when a photo on the page fails and its link is over: `refetch` gets what owns the photos. Once a
 * link; without a network when there is one again, until then the page shows what the service worker keeps.
 */
export function useFreshPhotos(refetch: () => unknown): void {
  const asked = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function ask() {
    clearTimeout(timer)
    timer = setTimeout(refetch, CALM_MS)
  }

  function look({ target }: Event) {
    if (!(target instanceof HTMLImageElement) || asked.has(target.src) || !isOver(target.src)) return
    asked.add(target.src)
    if (navigator.onLine) ask()
    else addEventListener('online', ask, { once: true })
  }

  // The error of an image does not bubble.
  document.addEventListener('error', look, true)
  onScopeDispose(() => {
    clearTimeout(timer)
    removeEventListener('online', ask)
    document.removeEventListener('error', look, true)
  })
}
