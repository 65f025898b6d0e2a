import 'fake-indexeddb/auto'
import { afterEach, expect, test, vi } from 'vitest'
import { elapsedSince, learn, moment, now } from './clock'

afterEach(() => vi.useRealTimers())

test('a wrong clock is corrected by what the server says', () => {
  learn(Date.now() + 600_000)
  expect(now() - Date.now()).toBeGreaterThan(599_000)
  learn(Date.now() + 300)
  expect(Math.abs(now() - Date.now())).toBeLessThan(50)
})

test('turning the clock back does not turn time back', () => {
  learn(Date.now())
  const before = now()
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(Date.now() - 3_600_000)
  expect(now()).toBeGreaterThanOrEqual(before)
})

test('the monotonic clock says how long ago a moment of this life was, and nothing of another life', () => {
  const then = moment()
  expect(elapsedSince(then)).toBeGreaterThanOrEqual(0)
  expect(elapsedSince({ ...then, monotonic: then.monotonic - 5000 })).toBeGreaterThanOrEqual(5000)
  expect(elapsedSince({ ...then, life: 'another' })).toBeUndefined()
  expect(elapsedSince(undefined)).toBeUndefined()
})
