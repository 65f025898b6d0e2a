import { api, ApiProblem } from '../shared/api'
import { deviceId } from '../shared/device'
import { secret } from '../shared/secret'
import { uuidv7 } from '../shared/ids'
import type { NearCase } from '../shared/types'
import { draft, dropDraft, fieldsOf } from './draft'
import { categoryOf } from './categories'
import { openOutbox } from './network'
import { store } from './store'

/** Metres around the pin in which others may have reported the same. */
const RADIUS = 200

/** What others have already reported near the pin of the form; none without a pin, a network or a kind. */
export async function nearDraft(): Promise<NearCase[]> {
  const { place, category, text } = draft
  if (!place || draft.byAddress || (!category && !text.trim())) return []
  const [lng, lat] = place.point
  try {
    const matter = categoryOf(category)?.matter ?? null
    const { items } = await api<{ items: NearCase[] }>('/nearby', { body: { lng, lat, system: 'wgs84', radius: RADIUS, category, matter, text: text.trim() || null } })
    return items
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error
    return []
  }
}

/** 我也遇到: what the form says goes to that case; resolves with the entry's id when it is safe on this device. */
export async function joinCase(one: NearCase): Promise<string> {
  const { submit } = await store()
  const { place, text } = fieldsOf(draft)
  const entry = await submit({
    kind: 'join',
    id: uuidv7(),
    caseId: one.id,
    fields: { secret: secret(), text, place },
    photos: draft.photos.map(({ blob }) => blob),
    author: `device:${deviceId()}`,
    label: [one.category?.name ?? one.matter_name, one.place_name].filter(Boolean).join(' · '),
  })
  await openOutbox()
  await dropDraft()
  return entry.id
}
