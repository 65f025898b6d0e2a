import 'fake-indexeddb/auto'
import { afterEach, expect, test, vi } from 'vitest'
import { learn, now } from './clock'

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
