// @vitest-environment happy-dom
import { beforeAll, expect, test } from 'vitest'
import { setLanguage } from '../shared/language'
import { dueWords } from './due'

const NOW = new Date(2026, 10, 20, 9, 0).getTime()
const due = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString()

beforeAll(() => setLanguage('zh-CN'))

test.each([
  [-12, '超时 12 分钟'],
  [25, '还有 25 分钟'],
  [13 * 60, '今天 22:00 前'],
  [27 * 60, '明天 12:00 前'],
  [50 * 60, '11月22日 11:00 前'],
])('%i minutes from now reads %s', (minutes, words) => {
  expect(dueWords({ light: 'green', due_at: due(minutes) }, NOW)).toBe(words)
})

test('a yellow light says its word', () => {
  expect(dueWords({ light: 'yellow', due_at: due(4) }, NOW)).toBe('临期，还有 4 分钟')
})

test('no deadline, or a clock that stands: no words', () => {
  expect(dueWords({ light: null, due_at: null }, NOW)).toBe('')
  expect(dueWords({ light: 'grey', due_at: due(-1) }, NOW)).toBe('')
})
