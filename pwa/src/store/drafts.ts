/**
 * Unfinished forms. A draft is written before the camera opens, because a cheap phone kills the
 * page while the camera is up; on load the form comes back with its photos.
 */
import { database, plain, write } from './db'

/** The draft of that key, or undefined. */
export async function loadDraft<T>(key: string): Promise<T | undefined> {
  return (await (await database()).get('drafts', key)) as T | undefined
}

/** Resolves when the draft is on the disk. Photos are Blobs inside `value`. */
export async function saveDraft(key: string, value: unknown): Promise<void> {
  await write(['drafts'], (tx) => tx.objectStore('drafts').put(plain(value), key))
}

export async function clearDraft(key: string): Promise<void> {
  await write(['drafts'], (tx) => tx.objectStore('drafts').delete(key))
}
