/** Every action of the field door goes through the outbox; the screen never waits for the network. */
import type { CaseItem } from '../shared/types'
import { submit, type Entry } from '../store/outbox'
import { author } from './session'

type Actable = Pick<CaseItem, 'id' | 'version' | 'matter' | 'category'>

/**
 * Writes an action on a case to the phone; resolves when it is safe there. `name` is what people call it; `note` for an
 * action that moves nothing and so is made on no version.
 */
export function act(item: Actable, action: string, name: string, fields: Record<string, unknown> = {}, photos: Blob[] = [], note = false): Promise<Entry> {
  return submit({
    kind: 'action',
    caseId: item.id,
    fields: { ...fields, action, ...(!note && { version: item.version }) },
    photos,
    name,
    author: author.value,
    label: titleOf(item),
  })
}

/** What a case is called in lists. */
export function titleOf(item: Pick<CaseItem, 'matter' | 'category'>): string {
  return item.matter?.name ?? item.category?.name ?? '—'
}
