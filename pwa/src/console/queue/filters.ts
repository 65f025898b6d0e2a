import type { LightColour, Urgency } from '../../shared/types'

/** States that one can ask for, in the order of the work. Without a choice the server shows the open ones. */
export const STATES = ['reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended', 'closed', 'rejected', 'merged', 'transferred', 'withdrawn', 'void'] as const
/** Those that are open, and so are chosen most. */
export const OPEN_STATES = STATES.slice(0, 6)
/** The lights of a clock. */
export const LIGHTS: readonly LightColour[] = ['red', 'yellow', 'green', 'grey']
/** Ways by which reports come. */
export const CHANNELS = ['app', 'field', 'patrol', 'phone', 'counter', 'platform'] as const
export const URGENCIES: readonly Urgency[] = ['ordinary', 'urgent', 'critical']

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
  group: string | null
  /** Code of a region; everything under it is meant. */
  place: string | null
  channel: (typeof CHANNELS)[number] | null
  urgency: Urgency | null
  /** Id of a post or unit. */
  assignee: string | null
  /** First and last day on which it was reported, `2026-11-20`. */
  from: string | null
  to: string | null
  text: string
}

export const NO_FILTERS: Readonly<Filters> = {
  view: 'scope', state: [], light: null, category: null, matter: null, group: null, place: null, channel: null, urgency: null, assignee: null, from: null, to: null, text: '',
}

/** Reads the address bar; whatever is not a filter, or not a possible value, is left out. */
export function fromQuery(search: string): Filters {
  const query = new URLSearchParams(search)
  const asked = query.get('state')?.split(',') ?? []
  const one = <T extends string>(name: string, values: readonly T[]) => values.find((value) => value === query.get(name)) ?? null
  return {
    view: query.get('view') === 'mine' ? 'mine' : 'scope',
    state: STATES.filter((state) => asked.includes(state)),
    light: one('light', LIGHTS),
    category: matching(query.get('category'), /^[a-z_]{1,40}$/),
    matter: matching(query.get('matter'), /^(part|matter|local):\w+$/),
    group: matching(query.get('group'), /^[a-z_]{1,40}$/),
    place: matching(query.get('place'), /^\d{4,15}$/),
    channel: one('channel', CHANNELS),
    urgency: one('urgency', URGENCIES),
    assignee: matching(query.get('assignee'), /^[\da-f-]{36}$/),
    from: matching(query.get('from'), /^\d{4}-\d\d-\d\d$/),
    to: matching(query.get('to'), /^\d{4}-\d\d-\d\d$/),
    text: query.get('q') ?? '',
  }
}

/** Filters that are one word each, by the name they have in an address. */
const PLAIN = ['light', 'category', 'matter', 'group', 'place', 'channel', 'urgency', 'assignee', 'from', 'to'] as const

/** The shortest address of these filters: `state=reported,accepted&place=360102`, or nothing. */
export function toQuery(filters: Filters): string {
  const query = new URLSearchParams()
  if (filters.view === 'mine') query.set('view', 'mine')
  if (filters.state.length) query.set('state', STATES.filter((state) => filters.state.includes(state)).join(','))
  for (const name of PLAIN) if (filters[name]) query.set(name, filters[name])
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
  return Number(filters.state.length > 0) + PLAIN.filter((name) => filters[name]).length + Number(filters.text.trim() !== '')
}

/** Whether these filters show exactly what the address `query` does. */
export function showsSame(query: string, filters: Filters): boolean {
  return toQuery(fromQuery(query)) === toQuery(filters)
}

function matching(value: string | null, pattern: RegExp): string | null {
  return value && pattern.test(value) ? value : null
}
