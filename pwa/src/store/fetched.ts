/** The last answers of the server, so that screens open without it. Never mixed with what a person wrote. */
import { now } from './clock'
import { get, keys, plain, write, type Fetched } from './db'

/** What was last fetched under that path, or undefined. */
export function kept<T>(path: string): Promise<Fetched<T> | undefined> {
  return get('fetched', path)
}

/** Keeps an answer; returns it with its time. */
export async function keep<T>(path: string, value: T): Promise<Fetched<T>> {
  const fetched = { value: plain(value), at: now() }
  await write(['fetched'], (store) => void store('fetched').put(fetched, path))
  return fetched
}

/** Forgets the answers under these paths: the case is no longer ours to see. */
export async function forget(paths: string[]): Promise<void> {
  await write(['fetched'], (store) => paths.forEach((path) => store('fetched').delete(path)))
}

/** Paths of everything kept that begins with `prefix`. */
export function keptPaths(prefix: string): Promise<string[]> {
  return keys('fetched', IDBKeyRange.bound(prefix, `${prefix}\uffff`))
}
