/**
 * The `pending` cookie: how many things this phone still has to send. It outlives the eviction of the
 * browser's storage, which is how a loss is noticed (`lost.ts`) instead of being called "all sent".
 */
const MAX_AGE_S = 90 * 24 * 3600

interface Surroundings {
  document?: { cookie: string }
  cookieStore?: { set(options: Record<string, unknown>): Promise<void> }
  location: { protocol: string }
}
const surroundings = globalThis as unknown as Surroundings

/** Writes the number; in the worker only where the browser lets a worker write cookies. */
export async function markPending(count: number): Promise<void> {
  if (surroundings.document) {
    const secure = surroundings.location.protocol === 'https:' ? '; Secure' : ''
    surroundings.document.cookie = `pending=${count}; Path=/; Max-Age=${MAX_AGE_S}; SameSite=Strict${secure}`
    return
  }
  const options = { name: 'pending', value: String(count), path: '/', sameSite: 'strict', expires: Date.now() + MAX_AGE_S * 1000 }
  await surroundings.cookieStore?.set(options).catch(() => undefined)
}
