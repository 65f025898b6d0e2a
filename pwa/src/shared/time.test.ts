// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setLanguage } from './language'
import { absolute, duration, relative } from './time'

const now = Date.parse('2026-11-20T04:00:00Z')
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString()

beforeEach(() => setLanguage('zh-CN'))
afterEach(() => setLanguage('zh-CN'))

describe('times', () => {
  it('are relative until a day old', () => {
    expect(relative(ago(20), now)).toBe('刚刚')
    expect(relative(ago(5 * 60 + 40), now)).toBe('5 分钟前')
    expect(relative(ago(3 * 3600), now)).toBe('3 小时前')
    expect(relative(ago(-25 * 60), now)).toBe('25 分钟后')
  })

  it('are a date from a day on, with the year only when it is another one', () => {
    expect(relative(ago(30 * 3600), now)).toMatch(/^11月1\d日 \d\d:\d\d$/)
    expect(absolute('2025-12-31T12:00:00Z', now)).toMatch(/^2025年/)
  })

  it('are English when the reader is', () => {
    setLanguage('en')
    expect(relative(ago(20), now)).toBe('just now')
    expect(relative(ago(120), now)).toBe('2 minutes ago')
  })
})

describe('lengths of time', () => {
  it('have their two coarsest units', () => {
    expect(duration(26 * 3600 + 600)).toBe('1 天 2 小时')
    expect(duration(25 * 60 + 10)).toBe('25 分钟')
    expect(duration(3600)).toBe('1 小时')
    expect(duration(24 * 3600 + 120)).toBe('1 天')
  })

  it('are never nothing', () => {
    expect(duration(20)).toBe('不到 1 分钟')
    expect(duration(-5)).toBe('不到 1 分钟')
  })
})
