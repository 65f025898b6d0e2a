/** Shared phones: what the next person must not find. */
import { write } from './db'
import { forgetSent } from './entry-changes'

/** Photos of cases, kept by the service worker. */
export const PHOTO_CACHE = 'photos'

/** Drafts of the field door; a resident's unfinished report on the same phone is not ours to throw away. */
const fieldDrafts = () => IDBKeyRange.bound('field:', 'field;')

/** Clears everything a signed-in person left on this phone except what they have not sent yet. */
export async function clearPerson(): Promise<void> {
  await write(['fetched', 'drafts', 'facts'], (store) => {
    store('fetched').clear()
    store('drafts').delete(fieldDrafts())
    store('facts').delete('author')
  })
  await forgetSent(true)
  await caches?.delete(PHOTO_CACHE)
}
