import { expect, it } from 'vitest'
import { uuidv7 } from './ids'

it('makes ids of version 7 that sort by the time they were made', () => {
  const early = uuidv7(1_700_000_000_000)
  const late = uuidv7(1_800_000_000_000)
  expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(early < late).toBe(true)
  expect(parseInt(early.replace('-', '').slice(0, 12), 16)).toBe(1_700_000_000_000)
})

it('never makes the same id twice', () => {
  expect(new Set(Array.from({ length: 1000 }, () => uuidv7(1))).size).toBe(1000)
})
