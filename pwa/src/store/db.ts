/**
 * The one IndexedDB of this origin, shared by the pages and the service worker.
 *
 * Migrations only ever add: the server takes what an older version of the app wrote for 90 days,
 * and so must a newer version of the app itself.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Entry } from './entry'

/** A fetched answer and when it was fetched (milliseconds, corrected clock). */
export interface Fetched<T = unknown> {
  value: T
  at: number
}

interface Stores extends DBSchema {
  /** What people made and the server has not confirmed, and the receipts of what it has. */
  outbox: { key: string; value: Entry; indexes: { seq: number } }
  /** Forms not finished, by key. */
  drafts: { key: string; value: unknown }
  /** The last answer of the server, by path: never mixed with edits. */
  fetched: { key: string; value: Fetched }
  /** Small facts: counters, clock, who is signed in. */
  facts: { key: string; value: unknown }
}

export type Database = IDBPDatabase<Stores>
export type StoreName = 'outbox' | 'drafts' | 'fetched' | 'facts'

let opened: Promise<Database> | undefined

/** The open database; opened once, and again after the browser closed it. */
export function database(): Promise<Database> {
  opened ??= openDB<Stores>('gezhi', 1, {
    upgrade(db) {
      db.createObjectStore('outbox', { keyPath: 'id' }).createIndex('seq', 'seq')
      db.createObjectStore('drafts')
      db.createObjectStore('fetched')
      db.createObjectStore('facts')
    },
    // A newer version waits in another tab or in the worker: let it in at once.
    blocking: (_current, _blocked, event) => {
      ;(event.target as IDBDatabase).close()
      opened = undefined
    },
    terminated: () => {
      opened = undefined
    },
  }).catch((error: unknown) => {
    opened = undefined
    throw error
  })
  return opened
}

/** Runs `work` in one read-write transaction that has reached the disk when the promise resolves. */
export async function write<T>(
  stores: StoreName[],
  work: (tx: ReturnType<typeof strict>) => Promise<T>,
): Promise<T> {
  const tx = strict(await database(), stores)
  // A failing `done` must never be an unhandled rejection when `work` fails first.
  const done = tx.done.then(
    () => undefined,
    (error: unknown) => error ?? new Error('aborted'),
  )
  try {
    const result = await work(tx)
    const failure = await done
    if (failure) throw failure
    return result
  } catch (error) {
    try {
      tx.abort()
    } catch {
      // already over
    }
    throw error
  }
}

function strict(db: Database, stores: StoreName[]) {
  return db.transaction(stores, 'readwrite', { durability: 'strict' })
}

/** A small fact, or undefined. */
export async function fact<T>(key: string): Promise<T | undefined> {
  return (await (await database()).get('facts', key)) as T | undefined
}

/** Keeps (or with undefined, forgets) a small fact. */
export async function setFact(key: string, value: unknown): Promise<void> {
  const db = await database()
  if (value === undefined) await db.delete('facts', key)
  else await db.put('facts', value, key)
}

/** A copy without reactive proxies, which IndexedDB cannot clone; blobs stay the same blobs. */
export function plain<T>(value: T): T {
  if (value === null || typeof value !== 'object' || value instanceof Blob || value instanceof Date) return value
  if (Array.isArray(value)) return value.map(plain) as T
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) copy[key] = plain(inner)
  return copy as T
}
