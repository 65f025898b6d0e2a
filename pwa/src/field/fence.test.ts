import { expect, test } from 'vitest'
import { rangeOf } from './fence'

const HERE: [number, number] = [115.892, 28.683]
/** One metre north is about 1 / 111,320 of a degree. */
const north = (metres: number, accuracyM: number) => ({ point: [HERE[0], HERE[1] + metres / 111_320] as [number, number], accuracyM })

test('near enough and exact enough is inside', () => {
  expect(rangeOf(north(18, 9), HERE, 50)).toEqual({ verdict: 'inside', distanceM: 18, accuracyM: 9, leftM: 0 })
})

test('too far by any reading is outside, and says how much further', () => {
  expect(rangeOf(north(90, 9), HERE, 50)).toMatchObject({ verdict: 'outside', leftM: 40 })
})

test('a reading that might be inside is doubtful', () => {
  expect(rangeOf(north(70, 30), HERE, 50).verdict).toBe('doubtful')
  expect(rangeOf(north(10, 400), HERE, 50).verdict).toBe('doubtful')
})
