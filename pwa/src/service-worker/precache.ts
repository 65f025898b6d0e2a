/** Keeps the shell of the two phone doors on the device, so that they open without a network. */
import { worker, type PrecacheEntry } from './scope'

const CACHE = 'shell'

/** Paths of the phone doors; every other path (console, api) is the network's. */
const PAGES: [paths: RegExp, page: string][] = [
  [/^\/field(\/|$)/, '/field.html'],
  [/^\/(index\.html|report|mine|nearby|r\/.*)?$/, '/index.html'],
]

const manifest = self.__WB_MANIFEST

/** The key in the cache: names with a hash are their own version, the others carry theirs in the query. */
const keyOf = ({ url, revision }: PrecacheEntry) => new URL(revision ? `${url}?v=${revision}` : url, worker.location.origin).href
const keys = new Map(manifest.map((entry) => [new URL(entry.url, worker.location.origin).pathname, keyOf(entry)]))

export function offerShell(): void {
  worker.addEventListener('install', (event) => event.waitUntil(install()))
  worker.addEventListener('activate', (event) => event.waitUntil(activate()))
  worker.addEventListener('fetch', (event) => {
    const { request } = event
    const url = new URL(request.url)
    if (request.method !== 'GET' || url.origin !== worker.location.origin) return
    const path = request.mode === 'navigate' ? PAGES.find(([paths]) => paths.test(url.pathname))?.[1] : url.pathname
    const key = path && keys.get(path)
    if (key) event.respondWith(fromCache(key, request))
  })
}

/** Fetches only what this version has and the last did not. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE)
  const have = new Set((await cache.keys()).map((request) => request.url))
  const missing = [...keys.values()].filter((key) => !have.has(key))
  await cache.addAll(missing.map((key) => new Request(key, { cache: 'reload' })))
  await worker.skipWaiting()
}

async function activate(): Promise<void> {
  const cache = await caches.open(CACHE)
  const wanted = new Set(keys.values())
  for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request)
  await worker.clients.claim()
}

async function fromCache(key: string, request: Request): Promise<Response> {
  const kept = await (await caches.open(CACHE)).match(key)
  return kept ?? fetch(request)
}
