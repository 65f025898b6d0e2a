/** Every action of the field door goes through the outbox; the screen never waits for the network. */
import type { CaseItem } from '../shared/types'
import { submit, type Entry } from '../store/outbox'
import { author } from './session'

type Actable = Pick<CaseItem, 'id' | 'version' | 'matter' | 'category'>

/** Writes an action on a case to the phone; resolves when it is safe there. */
export function act(item: Actable, name: string, fields: Record<string, unknown> = {}, photos: Blob[] = []): Promise<Entry> {
  return submit({
    kind: 'action',
    caseId: item.id,
    fields: { ...fields, action: name, version: item.version },
    photos,
    author: author.value,
    label: titleOf(item),
  })
}

/** What a case is called in lists. */
export function titleOf(item: Pick<CaseItem, 'matter' | 'category'>): string {
  return item.matter?.name ?? item.category?.name ?? '—'
}
