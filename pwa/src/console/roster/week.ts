import type { RosterPost } from '../../shared/types'

const DAY_MS = 24 * 3600 * 1000

/** A turn of duty or a time away, as the server has it. */
export interface Span {
  starts_at: string
  ends_at: string
}

/** Midnight of the Monday of the week of a moment, local time. */
export function mondayOf(time: number): number {
  const date = new Date(time)
  date.setHours(0, 0, 0, 0)
  date.setDate(date.getDate() - ((date.getDay() + 6) % 7))
  return date.getTime()
}

/** The seven midnights of a week. */
export function daysOf(monday: number): number[] {
  return Array.from({ length: 7 }, (_, day) => new Date(monday).setDate(new Date(monday).getDate() + day))
}

/** Those that touch a day. */
export function onDay<T extends Span>(spans: T[], midnight: number): T[] {
  return spans.filter(({ starts_at, ends_at }) => Date.parse(starts_at) < midnight + DAY_MS && Date.parse(ends_at) > midnight)
}

/** The usual hours of a post on a day of the week, `08:30–17:30`; none where dated shifts stand instead. */
export function hoursOn(post: Pick<RosterPost, 'hours' | 'shifts'>, midnight: number): string[] {
  if (onDay(post.shifts, midnight).length) return []
  const bit = 1 << ((new Date(midnight).getDay() + 6) % 7)
  return post.hours.filter(({ weekdays }) => weekdays & bit).map(({ opens, closes }) => `${clock(opens)}–${clock(closes)}`)
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

/** A turn from the words of a form: it ends on the next day when it does not end later than it begins. */
export function shiftOf(day: string, from: string, to: string): Span {
  const starts = new Date(`${day}T${from}`)
  const ends = new Date(`${day}T${to}`)
  if (ends <= starts) ends.setDate(ends.getDate() + 1)
  return { starts_at: starts.toISOString(), ends_at: ends.toISOString() }
}

/** `2026-11-20` of a moment, local time. */
export function dayName(time: number): string {
  const date = new Date(time)
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`
}

/** The body that plans a post's week anew: shifts that begin in it are replaced by these, those before it stay. */
export function weekBody(monday: number, shifts: Span[]): Record<string, unknown> {
  const from = new Date(monday).toISOString()
  const to = new Date(new Date(monday).setDate(new Date(monday).getDate() + 7)).toISOString()
  return { from, to, shifts: shifts.filter(({ starts_at }) => Date.parse(starts_at) >= monday && Date.parse(starts_at) < Date.parse(to)).map(({ starts_at, ends_at }) => ({ starts_at, ends_at })) }
}
