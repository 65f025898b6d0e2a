import { expect, it } from 'vitest'
import { dayName, daysOf, hoursOn, mondayOf, onDay, shiftOf, weekBody } from './week'

const wednesday = new Date(2026, 10, 18, 15, 30).getTime()
const monday = mondayOf(wednesday)

it('knows the week of a moment', () => {
  expect(dayName(monday)).toBe('2026-11-16')
  expect(mondayOf(new Date(2026, 10, 22, 23, 59).getTime())).toBe(monday)
  expect(daysOf(monday).map((day) => new Date(day).getDate())).toEqual([16, 17, 18, 19, 20, 21, 22])
})

it('lets a night end on the next day and shows it on both', () => {
  const night = shiftOf('2026-11-18', '20:00', '08:00')
  expect(new Date(night.ends_at).getDate()).toBe(19)
  const days = daysOf(monday).filter((day) => onDay([night], day).length)
  expect(days.map(dayName)).toEqual(['2026-11-18', '2026-11-19'])
})

it('shows the usual hours where no shift stands', () => {
  const post = { hours: [{ opens: 510, closes: 1050, weekdays: 0b0011111 }], shifts: [shiftOf('2026-11-18', '20:00', '23:00')] }
  expect(daysOf(monday).map((day) => hoursOn(post, day).length)).toEqual([1, 1, 0, 1, 1, 0, 0])
  expect(hoursOn(post, monday)).toEqual(['08:30–17:30'])
})

it('replaces only what begins in the week', () => {
  const before = shiftOf('2026-11-15', '20:00', '08:00')
  const within = shiftOf('2026-11-20', '08:00', '18:00')
  expect(weekBody(monday, [before, within])).toEqual({ from: new Date(monday).toISOString(), to: new Date(2026, 10, 23).toISOString(), shifts: [within] })
})
