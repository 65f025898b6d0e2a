/** The outbox as a table, to read. */
import { database, get, result } from './db'
import type { Entry } from './entry'

/** Everything, oldest first. */
export async function entries(): Promise<Entry[]> {
  return allOf((await database()).transaction('outbox').objectStore('outbox'))
}

export function entry(id: string): Promise<Entry | undefined> {
  return get('outbox', id)
}

/** Everything in an open transaction, oldest first. */
export function allOf(box: IDBObjectStore): Promise<Entry[]> {
  return result<Entry[]>(box.index('seq').getAll())
}
