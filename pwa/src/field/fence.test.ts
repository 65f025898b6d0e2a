import { expect, test } from 'vitest'
import { rangeOf } from './fence'

const HERE: [number, number] = [115.892, 28.683]
/** One metre north is about 1 / 111,320 of a degree. */
const north = (metres: number, accuracyM: number) => ({ point: [HERE[0], HERE[1] + metres / 111_320] as [number, number], accuracyM })

test('near enough is inside, with the error of the reading in favour of who stands there', () => {
  expect(rangeOf(north(18, 9), HERE, 50)).toEqual({ verdict: 'inside', distanceM: 18, accuracyM: 9, leftM: 0 })
  expect(rangeOf(north(70, 30), HERE, 50).verdict).toBe('inside')
})

test('too far by any reading is outside, and says how much further', () => {
  expect(rangeOf(north(90, 9), HERE, 50)).toMatchObject({ verdict: 'outside', leftM: 31 })
  expect(rangeOf(north(2000, 100), HERE, 50)).toMatchObject({ verdict: 'outside', leftM: 1850 })
})

test('a reading of more than 100 metres of error is doubtful, near or far', () => {
  expect(rangeOf(north(10, 400), HERE, 50).verdict).toBe('doubtful')
  expect(rangeOf(north(2000, 101), HERE, 50).verdict).toBe('doubtful')
})

test('where nobody has to stand on the spot, far is only far', () => {
  expect(rangeOf(north(90, 9), HERE, 50, false).verdict).toBe('away')
  expect(rangeOf(north(18, 9), HERE, 50, false).verdict).toBe('inside')
})
