/** What becomes of entries after they were made: sent, refused, thrown away; and telling every page about it. */
import { result, write } from './db'
import { allOf, entries } from './entries'
import { unsent, type Entry } from './entry'
import { announce } from './outbox-channel'
import { markPending } from './pending'

/** How long the receipt of a signed-in person's entry stays visible. A resident's receipts stay. */
const KEEP_SENT_MS = 3 * 24 * 3600 * 1000

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

/** Removes receipts of signed-in people: those older than three days, or with `all` every one. */
export async function forgetSent(all = false): Promise<void> {
  await write(['outbox'], async (store) => {
    const box = store('outbox')
    for (const old of await allOf(box)) {
      const over = all || Date.now() - (old.sentAt ?? 0) > KEEP_SENT_MS
      if (old.state === 'sent' && old.author.startsWith('user:') && over) box.delete(old.id)
    }
  })
  await changed()
}

/** Renews the `pending` cookie and tells every page. */
export async function changed(caseId?: string): Promise<void> {
  await markPending((await entries()).filter(unsent).length)
  announce({ type: 'changed', ...(caseId && { caseId }) })
}
