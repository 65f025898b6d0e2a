import { describe, expect, it } from 'vitest'
import { readCode, spacedCode } from './code'

describe('a code typed by hand', () => {
  it('may have spaces, small letters and full-width characters', () => {
    expect(readCode(' abcd 2345 ')).toBe('ABCD2345')
    expect(readCode('ABCD-2345')).toBe('ABCD2345')
    expect(readCode('ＡＢＣＤ２３４５')).toBe('ABCD2345')
  })

  it('may be the address on the receipt', () => {
    expect(readCode('https://gezhi.example/r/ABCD2345?x=1')).toBe('ABCD2345')
  })

  it('is none when it is too short, too long or something else', () => {
    expect(readCode('ABCD234')).toBeNull()
    expect(readCode('ABCD23456')).toBeNull()
    expect(readCode('路灯')).toBeNull()
  })

  it('is shown in two halves', () => {
    expect(spacedCode('ABCD2345')).toBe('ABCD 2345')
  })
})
