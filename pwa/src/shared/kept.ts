import { api, ApiProblem, type Ask } from './api'

/** A fetched answer, and when (ISO). `stale`: the server could not be asked just now. */
export interface Kept<T> {
  value: T
  at: string
  stale: boolean
}

const CACHE = 'answers'

/**
 * Shows what this device has kept of `path` at once, then what the server says, and keeps that. Resolves with null when
 * the server answered, with the problem when it did not; then what was kept stays on the screen, marked stale.
 */
export async function fetchKept<T>(path: string, show: (kept: Kept<T>) => void, ask: Ask = {}): Promise<ApiProblem | null> {
  const answer = api<T>(path, ask).catch((error: unknown) => {
    if (error instanceof ApiProblem) return error
    throw error
  })
  let answered = false
  void answer.then(() => (answered = true)).catch(() => undefined)
  const kept = await read<T>(path)
  if (kept && !answered) show(kept)
  const value = await answer
  if (value instanceof ApiProblem) {
    if (kept) show({ ...kept, stale: true })
    return value
  }
  const now = { value, at: new Date().toISOString(), stale: false }
  show(now)
  void keep(path, now)
  return null
}

/** Without a place to keep things (plain http, some in-app browsers) the network is asked every time. */
async function keep<T>(path: string, kept: Kept<T>): Promise<void> {
  try {
    await (await caches.open(CACHE)).put(address(path), new Response(JSON.stringify(kept)))
  } catch {
    // Nothing kept, nothing lost.
  }
}

async function read<T>(path: string): Promise<Kept<T> | null> {
  try {
    const found = await (await caches.open(CACHE)).match(address(path))
    return found ? ((await found.json()) as Kept<T>) : null
  } catch {
    return null
  }
}

/** Answers come in the reader's language, so each language is kept by itself. */
function address(path: string): string {
  return `/kept/${document.documentElement.lang}${path}`
}
