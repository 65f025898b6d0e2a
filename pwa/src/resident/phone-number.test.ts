import { expect, it } from 'vitest'
import { isNumber } from './phone-number'

it.each([['13800138000', true], ['138 0013 8000', true], ['+8613800138000', true], ['0791-86781234', true], ['12345', false], ['', false], ['23800138000', false]])('%s: %s', (text, is) => {
  expect(isNumber(text)).toBe(is)
})
