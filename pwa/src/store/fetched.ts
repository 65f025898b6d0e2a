/** The last answers of the server, so that screens open without it. Never mixed with what a person wrote. */
import { now } from './clock'
import { database, plain, type Fetched } from './db'

/** What was last fetched under that path, or undefined. */
export async function kept<T>(path: string): Promise<Fetched<T> | undefined> {
  return (await (await database()).get('fetched', path)) as Fetched<T> | undefined
}

/** Keeps an answer; returns it with its time. */
export async function keep<T>(path: string, value: T): Promise<Fetched<T>> {
  const fetched = { value: plain(value), at: now() }
  await (await database()).put('fetched', fetched, path)
  return fetched
}

/** Forgets the answers under these paths: the case is no longer ours to see. */
export async function forget(paths: string[]): Promise<void> {
  const db = await database()
  await Promise.all(paths.map((path) => db.delete('fetched', path)))
}

/** Paths of everything kept that begins with `prefix`. */
export async function keptPaths(prefix: string): Promise<string[]> {
  return (await database()).getAllKeys('fetched', IDBKeyRange.bound(prefix, `${prefix}\uffff`))
}
