// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { match } from './router'

const at = (path: string) => match(new URL(path, 'https://gezhi.example'))

describe('the page of an address', () => {
  it('knows the screens of the resident door', () => {
    expect(at('/').page).toBe('home')
    expect(at('/report?step=place').page).toBe('report')
    expect(at('/report?step=place').query.get('step')).toBe('place')
    expect(at('/mine/').page).toBe('mine')
  })

  it('takes the code out of a course address, also when somebody typed it oddly', () => {
    expect(at('/r/ABCD2345')).toMatchObject({ page: 'course', code: 'ABCD2345' })
    expect(at('/r/abcd%202345').code).toBe('abcd 2345')
    expect(at('/r/%E0%A4%A').code).toBe('%E0%A4%A')
    expect(at('/r')).toMatchObject({ page: 'course', code: '' })
  })

  it('leaves the other doors to the server', () => {
    expect(at('/field/login').page).toBe('missing')
    expect(at('/r/A/B').page).toBe('missing')
  })
})
