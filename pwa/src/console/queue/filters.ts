import type { LightColour } from '../../shared/types'

/** States that a dispatcher can ask for, in the order of the work. Without a choice the server shows the open ones. */
export const STATES = ['reported', 'accepted', 'dispatched', 'signed', 'handled', 'closed'] as const
/** The lights of a running clock. */
export const LIGHTS: readonly LightColour[] = ['red', 'yellow', 'green']

export type CaseState = (typeof STATES)[number]

/** What the queue shows. The same value is the address bar, a saved view and the question to the server. */
export interface Filters {
  /** `scope`: all of my scope; `mine`: what waits for me. */
  view: 'scope' | 'mine'
  state: CaseState[]
  light: LightColour | null
  category: string | null
  /** `kind:code` */
  matter: string | null
  /** Code of a region; everything under it is meant. */
  place: string | null
  text: string
}

export const NO_FILTERS: Readonly<Filters> = { view: 'scope', state: [], light: null, category: null, matter: null, place: null, text: '' }

/** Reads the address bar; whatever is not a filter, or not a possible value, is left out. */
export function fromQuery(search: string): Filters {
  const query = new URLSearchParams(search)
  const asked = query.get('state')?.split(',') ?? []
  const light = query.get('light')
  return {
    view: query.get('view') === 'mine' ? 'mine' : 'scope',
    state: STATES.filter((state) => asked.includes(state)),
    light: LIGHTS.find((colour) => colour === light) ?? null,
    category: query.get('category') || null,
    matter: matching(query.get('matter'), /^(part|matter|local):\w+$/),
    place: matching(query.get('place'), /^\d{4,15}$/),
    text: query.get('q') ?? '',
  }
}

/** The shortest address of these filters: `state=reported,accepted&place=360102`, or nothing. */
export function toQuery(filters: Filters): string {
  const query = new URLSearchParams()
  if (filters.view === 'mine') query.set('view', 'mine')
  if (filters.state.length) query.set('state', STATES.filter((state) => filters.state.includes(state)).join(','))
  if (filters.light) query.set('light', filters.light)
  if (filters.category) query.set('category', filters.category)
  if (filters.matter) query.set('matter', filters.matter)
  if (filters.place) query.set('place', filters.place)
  if (filters.text.trim()) query.set('q', filters.text.trim())
  return query.toString().replace(/%2C/g, ',').replace(/%3A/g, ':')
}

/** The question to `GET /cases`, one page of it. */
export function toRequest(filters: Filters, cursor: string | null, limit: number): string {
  const query = new URLSearchParams(toQuery(filters))
  query.set('view', filters.view)
  query.set('limit', String(limit))
  if (cursor) query.set('cursor', cursor)
  return `/cases?${query}`
}

/** How many filters narrow the queue; the view is not one of them. */
export function narrowing(filters: Filters): number {
  const { state, light, category, matter, place, text } = filters
  return Number(state.length > 0) + [light, category, matter, place, text.trim()].filter(Boolean).length
}

function matching(value: string | null, pattern: RegExp): string | null {
  return value && pattern.test(value) ? value : null
}
