/** Makes an entry of the outbox. Loaded when there is something to write, by pages and by the worker. */
import { uuidv7 } from '../shared/ids'
import { loadClock, moment, now } from './clock'
import { plain, result, write } from './db'
import { allOf } from './entries'
import { isMove, unsent, type Entry, type NewEntry } from './entry'
import { changed } from './entry-changes'
import { sha256Hex } from './hash'

/** Who and what makes the entry: the page knows from its storage, the worker from the facts. */
export interface Maker {
  device: string
  language: string
}

/**
 * Writes the entry to the disk and returns it. An id that is already there returns what is there: a double tap is one
 * entry. With other content it is something else, made in a second tab from the same draft, and gets an id of its own.
 * A move on a case with unsent moves is chained behind the last of them.
 */
export async function add(made: NewEntry, maker: Maker, replaces?: string): Promise<Entry> {
  await loadClock()
  const hashes = await Promise.all(made.photos.map(sha256Hex))
  const fresh = {
    label: '',
    ...plain(made),
    ...maker,
    id: made.id ?? uuidv7(now()),
    occurredAt: new Date(now()).toISOString(),
    made: moment(),
    hashes,
    state: 'waiting' as const,
    attempts: 0,
    ...(replaces && { replaces }),
  }
  const kept = await write(['outbox', 'facts'], async (store) => {
    const box = store('outbox')
    const facts = store('facts')
    const all = await allOf(box)
    const old = all.find((one) => one.id === replaces)
    const twin = all.find((one) => one.id === fresh.id)
    if (twin && same(twin, fresh)) return twin
    if (twin) fresh.id = uuidv7(now())
    // A corrected entry takes the place in the line of the one it replaces.
    const counter = (await result<number | undefined>(facts.get('seq'))) ?? 0
    const seq = old?.seq ?? counter + 1
    if (!old) facts.put(seq, 'seq')
    const after = old ? all.find((e) => e.id === old.after && unsent(e))?.id : lastUnsentOn(fresh, all)
    const complete: Entry = { ...fresh, seq, ...(after && { after }) }
    box.put(complete)
    if (old) {
      box.delete(old.id)
      for (const next of all) if (next.after === old.id) box.put({ ...next, after: complete.id })
    }
    return complete
  })
  await changed(kept.caseId)
  return kept
}

function same(one: Pick<Entry, 'fields' | 'hashes'>, other: Pick<Entry, 'fields' | 'hashes'>): boolean {
  const content = ({ fields, hashes }: typeof one) => JSON.stringify([fields, hashes])
  return content(one) === content(other)
}

function lastUnsentOn(made: NewEntry, all: Entry[]): string | undefined {
  if (!isMove(made)) return undefined
  const before = all.filter((e) => isMove(e) && e.caseId === made.caseId && e.author === made.author && unsent(e))
  return before[before.length - 1]?.id
}
