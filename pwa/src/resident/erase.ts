import { api } from '../shared/api'
import type { Course } from '../shared/types'
import { courses } from './courses'
import { made } from './network'
import { store } from './store'

/** What shows that the report is the caller's: the secret of this phone, or the number left with it. */
export type Proof = { secret: string } | { phone: string }

/**
 * Has what the reporter sent erased on the server, then on this phone; the course then stands there without it.
 *
 * @throws ApiProblem when the server did not erase it; then nothing is forgotten here either.
 */
export async function erase(course: Course, proof: Proof): Promise<void> {
  const path = `/reports/${encodeURIComponent(course.receipt_code)}`
  await api(path, { method: 'DELETE', ...('secret' in proof ? { headers: { 'X-Gezhi-Secret': proof.secret } } : { body: proof }) })
  const kept = courses.get(course.receipt_code)
  const bare = { ...course, photos: [], reply: null, allowed: [], mine: false, rating: { open: false, until: null, given: null } }
  courses.set(course.receipt_code, { at: new Date().toISOString(), stale: false, ...kept, value: bare })
  // What cannot be reached here cannot be shown here either; the server has erased it.
  await Promise.allSettled([dropEntries(course.receipt_code), dropKept(course, path)])
}

/** The report and all that was said about it, out of the list of this phone. */
async function dropEntries(code: string): Promise<void> {
  const { discard } = await store()
  const own = made.value.filter(({ receiptCode, result }) => receiptCode === code || result?.['receipt_code'] === code)
  for (const { id } of own) await discard(id)
}

/** The course as it was kept in every language, and its photos. */
async function dropKept({ photos }: Course, path: string): Promise<void> {
  const ends = [path, ...photos.map(({ sha256 }) => `/media/${sha256}`)]
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    for (const key of await cache.keys()) if (ends.some((end) => new URL(key.url).pathname.endsWith(end))) await cache.delete(key)
  }
}
