/**
 * The store of this device, loaded when there is something to read or write: a first visit downloads none of it, and
 * the service worker has it by the time the network may be gone.
 */
export const store = () => import('./store-parts')

/** Loads what a form needs in the end, when it opens: the network may be gone when it is done. */
export function openForm(): void {
  store().then(({ prepare }) => prepare(), () => undefined)
}

/** Whether this device may hold something made earlier: the database is there, or the browser will not tell. */
export async function everUsed(): Promise<boolean> {
  if (/(?:^|; )pending=[1-9]/.test(document.cookie)) return true
  try {
    return (await indexedDB.databases()).some(({ name }) => name === 'gezhi')
  } catch {
    return true
  }
}
