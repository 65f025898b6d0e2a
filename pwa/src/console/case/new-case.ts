import type { PickedPhoto } from '../../shared/actions/form'
import { uuidv7 } from '../../shared/ids'
import { secret } from '../../shared/secret'

/** Ways by which a desk hears of something. */
export const DESK_CHANNELS = ['phone', 'counter', 'platform'] as const

/** A report that a desk writes down for somebody. Its id and secret are made first, so that sending twice is one report. */
export interface NewCase {
  id: string
  secret: string
  channel: (typeof DESK_CHANNELS)[number]
  name: string
  phone: string
  hidden: boolean
  /** A pin on the map; without one a region and an address in words. */
  place: { lng: number; lat: number } | undefined
  region: string | null
  address: string
  category: string | null
  matter: { kind: string; code: string } | undefined
  text: string
  danger: boolean
  photos: PickedPhoto[] | undefined
}

/** An empty form. */
export function blank(): NewCase {
  return {
    id: uuidv7(), secret: secret(), channel: 'phone', name: '', phone: '', hidden: false, place: undefined, region: null, address: '',
    category: null, matter: undefined, text: '', danger: false, photos: undefined,
  }
}

/** What is still needed before it can be sent. */
export function gaps(made: NewCase): ('new_place_field' | 'new_text_field')[] {
  const found: ('new_place_field' | 'new_text_field')[] = []
  if (!made.place && !made.address.trim()) found.push('new_place_field')
  if (!made.text.trim() && !made.category && !made.matter) found.push('new_text_field')
  return found
}

/** The body of POST /reports. */
export function bodyOf(made: NewCase, now: number): Record<string, unknown> {
  const { id, name, phone, hidden } = made
  const somebody = name.trim() || phone.trim() || hidden
  return {
    id,
    secret: made.secret,
    occurred_at: new Date(now).toISOString(),
    channel: made.channel,
    reporter: somebody ? { name: name.trim() || null, phone: phone.trim() || null, hidden } : null,
    place: made.place ? { ...made.place, system: 'wgs84', accuracy_m: null, origin: 'pin' } : null,
    region: made.place ? null : made.region,
    address: made.address.trim() || null,
    category: made.category,
    matter: made.matter ?? null,
    text: made.text.trim() || null,
    danger: made.danger,
    photos: (made.photos ?? []).map(({ sha256 }) => sha256),
  }
}
