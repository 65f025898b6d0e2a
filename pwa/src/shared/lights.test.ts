import { expect, test } from 'vitest'
import { lightAt } from './lights'
import type { LightColour } from './types'

const DUE = '2026-11-20T03:00:00.000Z'
const AT = Date.parse(DUE)

test.each<LightColour>(['green', 'yellow', 'red'])('%s is red from the second it is due, whatever was fetched', (light) => {
  expect(lightAt({ light, due_at: DUE }, AT)).toBe('red')
  expect(lightAt({ light, due_at: DUE }, AT + 3_600_000)).toBe('red')
})

test('before that it is as the server says, and never red', () => {
  expect(lightAt({ light: 'green', due_at: DUE }, AT - 1)).toBe('green')
  expect(lightAt({ light: 'yellow', due_at: DUE }, AT - 1)).toBe('yellow')
  expect(lightAt({ light: 'red', due_at: DUE }, AT - 1)).toBe('yellow')
})

test('a clock that stands turns nothing red, and without a clock there is no light', () => {
  expect(lightAt({ light: 'grey', due_at: DUE }, AT + 1)).toBe('grey')
  expect(lightAt({ light: null, due_at: null }, AT)).toBeNull()
})
