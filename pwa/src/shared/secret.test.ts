import { expect, it } from 'vitest'
import { secret } from './secret'

it('makes secrets of 43 characters that fit into a header', () => {
  expect(secret()).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(secret()).not.toBe(secret())
})
