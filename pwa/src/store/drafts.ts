/**
 * Unfinished forms. A draft is written before the camera opens, because a cheap phone kills the
 * page while the camera is up; on load the form comes back with its photos.
 */
import { get, plain, write } from './db'

/** The draft of that key, or undefined. */
export function loadDraft<T>(key: string): Promise<T | undefined> {
  return get('drafts', key)
}

/** Resolves when the draft is on the disk. Photos are Blobs inside `value`. */
export async function saveDraft(key: string, value: unknown): Promise<void> {
  await write(['drafts'], (store) => void store('drafts').put(plain(value), key))
}

export async function clearDraft(key: string): Promise<void> {
  await write(['drafts'], (store) => void store('drafts').delete(key))
}
