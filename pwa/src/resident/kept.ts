import { database } from '../store/db'
import { api, ApiProblem, type Ask } from '../shared/api'

/** A fetched answer, and when (ISO). `stale`: the server could not be asked just now. */
export interface Kept<T> {
  value: T
  at: string
  stale: boolean
}

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
  if (kept && !answered) show({ ...kept, stale: false })
  const value = await answer
  if (value instanceof ApiProblem) {
    if (kept) show({ ...kept, stale: true })
    return value
  }
  const at = Date.now()
  show({ value, at: new Date(at).toISOString(), stale: false })
  await database().then((db) => db.put('fetched', { value, at }, path)).catch(() => undefined)
  return null
}

async function read<T>(path: string): Promise<{ value: T; at: string } | null> {
  const kept = await database().then((db) => db.get('fetched', path)).catch(() => undefined)
  return kept ? { value: kept.value as T, at: new Date(kept.at).toISOString() } : null
}
