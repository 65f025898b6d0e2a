/**
 * The one IndexedDB of this origin, shared by the pages and the service worker.
 *
 * Migrations only ever add: the server takes what an older version of the app wrote for 90 days,
 * and so must a newer version of the app itself.
 */

/** A fetched answer and when it was fetched (milliseconds, corrected clock). */
export interface Fetched<T = unknown> {
  value: T
  at: number
}

/**
 * outbox: what people made and the server has not confirmed, and the receipts of what it has, by id.
 * drafts: forms not finished. fetched: the last answers of the server, by path, never mixed with edits.
 * facts: counters, clock, who is signed in.
 */
export type StoreName = 'outbox' | 'drafts' | 'fetched' | 'facts'

/** The fact that somebody logged out without a connection: their session must still be ended, and not be used. */
export const LEAVING = 'leaving'

const NAME = 'gezhi'
const VERSION = 1

let opened: Promise<IDBDatabase> | undefined

/** The open database; opened once, and again after the browser closed it. */
export function database(): Promise<IDBDatabase> {
  opened ??= open().catch((error: unknown) => {
    opened = undefined
    throw error
  })
  return opened
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION)
  request.onupgradeneeded = () => {
    const db = request.result
    db.createObjectStore('outbox', { keyPath: 'id' }).createIndex('seq', 'seq')
    for (const store of ['drafts', 'fetched', 'facts']) db.createObjectStore(store)
  }
  return result(request).then((db) => {
    const gone = () => (opened = undefined)
    // A newer version waits in another tab or in the worker: let it in at once.
    db.onversionchange = () => {
      db.close()
      gone()
    }
    db.onclose = gone
    return db
  })
}

/** The result of a request as a promise. Await nothing else between the requests of one transaction. */
export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** One value of a store, or undefined. */
export async function get<T>(store: StoreName, key: string): Promise<T | undefined> {
  return result<T | undefined>((await database()).transaction(store).objectStore(store).get(key))
}

/** Keys of a store within a range. */
export async function keys(store: StoreName, range: IDBKeyRange): Promise<string[]> {
  return (await result((await database()).transaction(store).objectStore(store).getAllKeys(range))) as string[]
}

/**
 * Runs `work` in one read-write transaction. When the promise resolves it has reached the disk; when `work` fails
 * nothing of it has.
 */
export async function write<T>(stores: StoreName[], work: (store: (name: StoreName) => IDBObjectStore) => T | Promise<T>): Promise<T> {
  const transaction = (await database()).transaction(stores, 'readwrite', { durability: 'strict' })
  const done = new Promise<unknown>((resolve) => {
    transaction.oncomplete = () => resolve(undefined)
    transaction.onabort = () => resolve(transaction.error ?? new Error('aborted'))
  })
  try {
    const value = await work((name) => transaction.objectStore(name))
    const failure = await done
    if (failure) throw failure
    return value
  } catch (error) {
    try {
      transaction.abort()
    } catch {
      // It is over already.
    }
    throw error
  }
}

/** A small fact, or undefined. */
export function fact<T>(key: string): Promise<T | undefined> {
  return get<T>('facts', key)
}

/** Keeps (or with undefined, forgets) a small fact. */
export async function setFact(key: string, value: unknown): Promise<void> {
  await write(['facts'], (store) => void (value === undefined ? store('facts').delete(key) : store('facts').put(value, key)))
}

/** A copy without reactive proxies, which IndexedDB cannot clone; blobs stay the same blobs. */
export function plain<T>(value: T): T {
  if (value === null || typeof value !== 'object' || value instanceof Blob || value instanceof Date) return value
  if (Array.isArray(value)) return value.map(plain) as T
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)])) as T
}
