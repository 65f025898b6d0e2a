import type { Category } from '../shared/types'
import type { Entry, NewEntry } from '../store/entry'

/** What a worker reports, and perhaps has settled at once (即报即结). */
export interface FieldReport {
  id: string
  secret: string
  photos: Blob[]
  place: { lng: number; lat: number } | undefined
  accuracy: number | null
  origin: 'gps' | 'pin'
  address: string
  category: string | null
  text: string
  danger: boolean
  settled: boolean
  outcome: 'solved' | 'explained'
  reply: string
  after: Blob[]
}

export type Gap = 'report_place_needed' | 'report_what_needed' | 'report_photo_needed' | 'report_settle_matter' | 'reply_needed' | 'photo_needed'

/** What is still needed. `photoAfter`: the matter is handled only with a photo of afterwards. */
export function gaps(made: FieldReport, category: Category | undefined, photoAfter: boolean): Gap[] {
  const found: Gap[] = []
  if (!made.place && (made.settled || !made.address.trim())) found.push('report_place_needed')
  if (!made.category && !made.text.trim()) found.push('report_what_needed')
  if (category?.photo === 'required' && !made.photos.length) found.push('report_photo_needed')
  if (!made.settled) return found
  // Only what is certain to be a matter can be settled without a desk.
  if (!category?.matter) found.push(category ? 'report_settle_matter' : 'report_what_needed')
  if (!made.reply.trim()) found.push('reply_needed')
  if (photoAfter && !made.after.length) found.push('photo_needed')
  return [...new Set(found)]
}

/** What a refused report said, as the form has it. */
export function formerly({ fields, photos, settledPhotos = 0 }: Entry): Partial<FieldReport> {
  const { place, settle } = fields as { place: { lng: number; lat: number; accuracy_m: number | null; origin: 'gps' | 'pin' } | null; settle?: Pick<FieldReport, 'outcome' | 'reply'> }
  const first = photos.length - settledPhotos
  return {
    secret: String(fields.secret),
    photos: photos.slice(0, first),
    after: photos.slice(first),
    ...(place && { place: { lng: place.lng, lat: place.lat }, accuracy: place.accuracy_m, origin: place.origin }),
    address: String(fields.address ?? ''),
    category: (fields.category as string | null) ?? null,
    text: String(fields.text ?? ''),
    danger: fields.danger === true,
    settled: Boolean(settle),
    ...(settle && { outcome: settle.outcome, reply: settle.reply }),
  }
}

/** The entry of the outbox, made in the worker's own name. */
export function entryOf(made: FieldReport, author: string, names: { report: string; category: string }): NewEntry {
  const { place } = made
  return {
    kind: 'report',
    id: made.id,
    author,
    label: names.category,
    name: names.report,
    photos: made.settled ? [...made.photos, ...made.after] : made.photos,
    ...(made.settled && { settledPhotos: made.after.length }),
    fields: {
      secret: made.secret,
      category: made.category,
      matter: null,
      text: made.text.trim() || null,
      place: place ? { ...place, system: 'wgs84', accuracy_m: made.accuracy, origin: made.origin } : null,
      address: made.address.trim() || null,
      danger: made.danger,
      ...(made.settled && { settle: { outcome: made.outcome, reply: made.reply.trim(), note: null } }),
    },
  }
}
