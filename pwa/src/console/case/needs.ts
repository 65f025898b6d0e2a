import type { AllowedAction, Assignee } from '../../shared/types'

/** How a field is asked for. */
export type Control = 'matter' | 'assignee' | 'outcome' | 'photos' | 'position' | 'text'

/** One field of an action's form. */
export interface FormField {
  field: string
  control: Control
  required: boolean
}

export const OUTCOMES = ['solved', 'not_found', 'explained', 'impossible'] as const

/** A photo picked at the desk; `sha256` is its name on the server. */
export interface PickedPhoto {
  sha256: string
  preview: string
}

/** What was filled in, by field. */
export interface Values {
  matter?: { kind: string; code: string }
  assignee?: Pick<Assignee, 'post_id' | 'unit_id'>
  outcome?: (typeof OUTCOMES)[number]
  photos?: PickedPhoto[]
  position?: { lng: number; lat: number; accuracy_m: number } | { unavailable: 'denied' | 'timeout' | 'unsupported' }
  [text: string]: unknown
}

const CONTROLS: Record<string, Control> = {
  matter: 'matter',
  assignee: 'assignee',
  outcome: 'outcome',
  photos: 'photos',
  position: 'position',
}

/**
 * The form of an action, made only from what the server says it needs. A field that this version does not know is
 * asked for as text, so that a new action of the server can be used before the console knows its name.
 */
export function formOf(action: AllowedAction): FormField[] {
  return action.needs.map(({ field, required }) => ({ field, required, control: CONTROLS[field] ?? 'text' }))
}

/** Required fields that are still empty, in the order of the form. */
export function missing(form: FormField[], values: Values): string[] {
  return form.filter(({ field, required }) => required && isEmpty(values[field])).map(({ field }) => field)
}

/** What crosses the wire for these values: empty fields are left out, photos are named by hash. */
export function bodyOf(form: FormField[], values: Values): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const { field, control } of form) {
    const value = values[field]
    if (isEmpty(value)) continue
    if (control === 'photos') body[field] = (value as PickedPhoto[]).map(({ sha256 }) => sha256)
    else if (control === 'assignee') body[field] = assigneeBody(value as NonNullable<Values['assignee']>)
    else body[field] = typeof value === 'string' ? value.trim() : value
  }
  return body
}

function assigneeBody({ post_id, unit_id }: NonNullable<Values['assignee']>): { post_id: string } | { unit_id: string } {
  return post_id ? { post_id } : { unit_id: unit_id! }
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'string') return !value.trim()
  return Array.isArray(value) && value.length === 0
}
