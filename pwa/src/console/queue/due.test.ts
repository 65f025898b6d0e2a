// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest'
import { setLanguage } from '../../shared/language'
import { dueText, shortDuration } from './due'

describe('the time that is left', () => {
  beforeEach(() => setLanguage('zh-CN'))

  it('is short enough for a column', () => {
    expect([30, 60, 725, 3600, 4085, 50_000, 86_400, 100_000, 1_000_000].map(shortDuration)).toEqual([
      '30 秒',
      '1 分',
      '12 分',
      '1 小时',
      '1 小时 8 分',
      '13 小时',
      '1 天',
      '1 天 3 小时',
      '11 天',
    ])
  })

  it('says which side of the limit it is on', () => {
    const due = '2026-11-20T03:00:00.000Z'
    expect(dueText(due, Date.parse(due) - 1_500_000)).toBe('剩 25 分')
    expect(dueText(due, Date.parse(due) + 3_900_000)).toBe('超时 1 小时 5 分')
    expect(dueText(null, 0)).toBe('不计时')
    setLanguage('en')
    expect(dueText(due, Date.parse(due) + 3_900_000)).toBe('1 h 5 min over')
  })
})
