/** What a reporter may do about their report, in everyday words; shared by the device that reported and a phone number. */
import type { AllowedAction, Course } from '../shared/types'

export const NOTES = ['confirm', 'add', 'remind', 'complain', 'appeal', 'withdraw'] as const
export type NoteAction = (typeof NOTES)[number]

/** A field of a note's form. */
export interface NoteField {
  field: 'text' | 'reason'
  required: boolean
}

const OPEN = ['reported', 'accepted', 'dispatched', 'signed', 'handled', 'suspended']

/** States in which each is worth offering to somebody who has only a number: what is open to them, the server then says. */
const BY_NUMBER: Record<NoteAction, string[]> = {
  confirm: ['handled'],
  add: OPEN,
  remind: OPEN,
  complain: [...OPEN, 'closed', 'rejected', 'transferred'],
  appeal: ['rejected'],
  withdraw: ['reported', 'accepted'],
}

/** The notes to offer, the likeliest first. While a rating is open it asks whether it is fixed, so nothing else does. */
export function offeredNotes(course: Pick<Course, 'allowed' | 'mine' | 'state' | 'rating'>, byNumber: boolean): NoteAction[] {
  const open = (action: NoteAction) => (course.mine ? course.allowed.some((one) => one.action === action) : byNumber && BY_NUMBER[action].includes(course.state))
  return NOTES.filter((action) => open(action) && (action !== 'confirm' || !course.rating.open))
}

/** What is asked for besides photos and a yes or no. */
export function fieldOf(action: NoteAction): NoteField | null {
  if (action === 'withdraw') return null
  if (action === 'appeal') return { field: 'reason', required: true }
  return { field: 'text', required: action === 'add' || action === 'complain' }
}

/** Whether the server lets this reporter rate now. */
export function mayRate(allowed: AllowedAction[]): boolean {
  return allowed.some(({ action }) => action === 'rate')
}
