/**
 * The form of an action, made from what the server says it needs: how each field is asked for, which of them matter for
 * what was chosen so far, and what crosses the wire. Every door that acts on cases uses it.
 */
import type { AllowedAction } from '../types'

/** How a field is asked for. `text` is several lines, `line` one. */
export type Control =
  | 'matter' | 'place' | 'assignee' | 'assignees' | 'unit' | 'units' | 'posts' | 'expert' | 'case' | 'command' | 'task' | 'released'
  | 'choice' | 'yes_no' | 'moment' | 'day' | 'stars' | 'photos' | 'position' | 'line' | 'text'

/** One field of an action's form. `choices` are the values of a choice, in the order of the screen. */
export interface FormField {
  field: string
  control: Control
  required: boolean
  choices?: readonly string[]
}

export const CHOICES = {
  outcome: ['solved', 'not_found', 'explained', 'impossible'],
  cause: ['beyond_powers', 'ownerless', 'danger_to_life'],
  mediation: ['agreed', 'continued', 'failed'],
  request: ['extend', 'suspend', 'void'],
  evaluation: ['solved', 'not_solved'],
  urgency: ['ordinary', 'urgent', 'critical'],
  satisfaction: ['satisfied', 'basically', 'dissatisfied'],
} as const

/** A post, or a unit whose posts may all sign. */
export interface Hands {
  post_id: string | null
  unit_id: string | null
}

/** A photo that was picked; `sha256` is its name on the server, null while it is only here. */
export interface PickedPhoto {
  sha256: string
  preview: string
}

export type Position = { lng: number; lat: number; accuracy_m: number } | { unavailable: 'denied' | 'timeout' | 'unsupported' }

/** What was filled in, by field. Moments are as the browser's own field has them: `2026-11-21T18:00`, local. */
export interface Values {
  matter?: { kind: string; code: string }
  place?: { lng: number; lat: number }
  assignee?: Hands
  co_handlers?: Hands[]
  photos?: PickedPhoto[]
  position?: Position
  [field: string]: unknown
}

const CONTROLS: Record<string, Control> = {
  matter: 'matter', place: 'place', assignee: 'assignee', co_handlers: 'assignees', lead_unit: 'unit', units: 'units', posts: 'posts',
  expert: 'expert', main_case: 'case', command: 'command', task: 'task', photos: 'photos', position: 'position', stars: 'stars',
  deadline: 'moment', until: 'moment', held_at: 'moment', review_on: 'day', granted: 'yes_no', fixed: 'yes_no', referral: 'yes_no',
  address: 'line', number: 'line', platform: 'line', organisation: 'line', present: 'line',
}

/** The longest that a text may be, in characters, as the server takes it. */
export function longest(field: string): number {
  return ({ agreement: 4000, minutes: 4000, comment: 500, present: 500, organisation: 200, address: 200, number: 60, platform: 60 } as Record<string, number>)[field] ?? 1000
}

/**
 * The fields of an action as the server lists them. A field that this version does not know is asked for as text, so
 * that a new action of the server can be used before a phone knows its name.
 */
export function formOf(action: AllowedAction): FormField[] {
  return action.needs.map(({ field, required }) => {
    if (field in CHOICES) return { field, required, control: 'choice', choices: CHOICES[field as keyof typeof CHOICES] }
    const control = action.action === 'release' && field === 'photos' ? 'released' : (CONTROLS[field] ?? 'text')
    return { field, required, control }
  })
}

/**
 * What of the form matters now: a reason why it cannot be solved is asked only when it cannot, and then it is needed. A
 * `desk` that whistles says whom it calls; others leave that to the desk.
 */
export function fieldsNow(action: string, form: FormField[], values: Values, desk = false): FormField[] {
  return form.flatMap((one) => {
    const needed = desk && action === 'whistle' && one.field === 'units' ? 'yes' : wanted(action, one.field, values)
    return needed === 'no' ? [] : [{ ...one, required: one.required || needed === 'yes' }]
  })
}

/** Whether a field is not asked for (`no`), asked for as the server says (`as told`), or needed after all (`yes`). */
function wanted(action: string, field: string, values: Values): 'no' | 'yes' | 'as told' {
  if (action === 'handle' && (field === 'reason' || field === 'review_on')) return values['outcome'] === 'impossible' ? 'yes' : 'no'
  if (action === 'request' && field === 'until') return !values['request'] || values['request'] === 'void' ? 'no' : 'yes'
  if (action === 'request' && field === 'reason') return 'yes'
  if (action === 'mediate' && (field === 'agreement' || field === 'referral')) return values['mediation'] === 'agreed' ? 'as told' : 'no'
  return 'as told'
}

const CORRECTED = ['matter', 'place', 'address', 'urgency']

/** Required fields that are still empty, in the order of the form; for a correction that corrects nothing, its matter. */
export function missing(action: string, fields: FormField[], values: Values): string[] {
  const gaps = fields.filter(({ field, required }) => required && isEmpty(values[field])).map(({ field }) => field)
  return action === 'correct' && CORRECTED.every((field) => isEmpty(values[field])) ? [...gaps, 'corrected'] : gaps
}

/** What crosses the wire for these values: empty fields are left out, photos are named by hash, moments are UTC. */
export function bodyOf(fields: FormField[], values: Values): Record<string, unknown> {
  return Object.fromEntries(fields.filter(({ field }) => !isEmpty(values[field])).map(({ field, control }) => [field, sentAs(control, values[field])]))
}

function sentAs(control: Control, value: unknown): unknown {
  if (control === 'photos') return (value as PickedPhoto[]).map(({ sha256 }) => sha256)
  if (control === 'assignee') return hands(value as Hands)
  if (control === 'assignees') return (value as Hands[]).map(hands)
  if (control === 'place') return { ...(value as object), system: 'wgs84', accuracy_m: null, origin: 'pin' }
  if (control === 'moment') return new Date(value as string).toISOString()
  return typeof value === 'string' ? value.trim() : value
}

function hands({ post_id, unit_id }: Hands): { post_id: string } | { unit_id: string } {
  return post_id ? { post_id } : { unit_id: unit_id! }
}

/** The key of a post or unit in lists. */
export function handsKey({ post_id, unit_id }: Hands): string {
  return post_id ? `post:${post_id}` : `unit:${unit_id}`
}

export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'string') return !value.trim()
  return Array.isArray(value) && value.length === 0
}


/** `2026-11-21T18:00` in local time, as the browser's own field for a moment wants it. */
export function localMoment(time: number): string {
  const date = new Date(time)
  return new Date(time - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
