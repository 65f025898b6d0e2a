import { expect, it } from 'vitest'
import type { Rule } from '../../shared/types'
import { blank, bodyOf, clock, formOf, movedTo } from './rule'

const rule = {
  id: 'r', name: '夜间噪声', active: true, place: { key: '360102', name: '东湖区' }, matter: null, group: null, channel: { key: 'phone', name: '电话' },
  opens: 1320, closes: 360, weekdays: 0b1100000, contains: '音响', reporter_kind: 'known', urgency: null, to: { kind: 'unit', key: 'u', name: '城管局' }, source_case_id: null, updated_at: '',
} as Rule

it('comes back as it went', () => {
  const form = formOf(rule)
  expect(form).toMatchObject({ opens: '22:00', closes: '06:00', weekdays: [6, 7], to: { kind: 'unit' } })
  expect(bodyOf(form)).toEqual({
    name: '夜间噪声', active: true, place: '360102', matter: null, group: null, channel: 'phone', opens: 1320, closes: 360, weekdays: 0b1100000, contains: '音响',
    reporter_kind: 'known', urgency: null, to_unit_id: 'u', to_post_id: null, to_desk: null,
  })
})

it('says nothing where nothing was chosen, and every day is no condition', () => {
  expect(Object.values(bodyOf(blank())).filter((value) => value !== null)).toEqual(['', true])
  expect(bodyOf({ ...blank(), weekdays: [1, 2, 3, 4, 5, 6, 7] })['weekdays']).toBeNull()
  expect(clock(1440)).toBe('24:00')
})

it('moves one place at a time and not over the ends', () => {
  expect(movedTo(['a', 'b', 'c'], 'b', -1)).toEqual(['b', 'a', 'c'])
  expect(movedTo(['a', 'b', 'c'], 'b', 1)).toEqual(['a', 'c', 'b'])
  expect(movedTo(['a', 'b'], 'a', -1)).toEqual(['a', 'b'])
})
