/** What becomes of entries after they were made: sent, refused, thrown away. */
import { result, write } from './db'
import { allOf, changed } from './entries'
import { unsent, type Entry } from './entry'

/** Writes changes onto an entry that is still there; the entry afterwards, or undefined. */
export async function change(id: string, changes: Partial<Entry>): Promise<Entry | undefined> {
  const next = await write(['outbox'], async (store) => {
    const box = store('outbox')
    const old = await result<Entry | undefined>(box.get(id))
    if (!old) return undefined
    const next = { ...old, ...changes }
    box.put(next)
    return next
  })
  await changed(next?.caseId)
  return next
}

/**
 * Throws an entry away at the person's own wish. What was chained behind it cannot happen any more and is
 * marked refused, so that nothing disappears unseen.
 */
export async function discard(id: string): Promise<void> {
  await write(['outbox'], async (store) => {
    const box = store('outbox')
    box.delete(id)
    for (const next of await allOf(box)) {
      if (next.after !== id || !unsent(next)) continue
      const problem = { status: 409, code: 'earlier_discarded', detail: '', action: '' }
      box.put({ ...next, state: 'refused', problem })
    }
  })
  await changed()
}
