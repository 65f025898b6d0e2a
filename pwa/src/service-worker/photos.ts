/**
 * Photos of cases that were looked at stay readable without a network. The address changes with every signature,
 * the photo behind it never does, so the signature is left out of the key. Logging out empties the cache.
 */
import { PHOTO_CACHE } from '../store/logout'
import { worker } from './scope'

const PHOTO = /^\/api\/v1\/media\/[0-9a-f]{64}$/
const MOST = 120

export function offerLivePhotos(): void {
  worker.addEventListener('fetch', (event) => {
    const { request } = event
    const url = new URL(request.url)
    if (request.method !== 'GET' || url.origin !== worker.location.origin || !PHOTO.test(url.pathname)) return
    event.respondWith(photo(request, `${url.pathname}?size=${url.searchParams.get('size') ?? 'full'}`))
  })
}

async function photo(request: Request, key: string): Promise<Response> {
  const cache = await caches.open(PHOTO_CACHE)
  const kept = await cache.match(key)
  if (kept) return kept
  const answer = await fetch(request)
  if (answer.ok && answer.headers.get('Content-Type')?.startsWith('image/')) {
    await cache.put(key, answer.clone())
    const keys = await cache.keys()
    for (const old of keys.slice(0, Math.max(0, keys.length - MOST))) await cache.delete(old)
  }
  return answer
}
