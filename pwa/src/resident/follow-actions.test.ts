import { expect, it } from 'vitest'
import type { Course } from '../shared/types'
import { fieldOf, NOTES, offeredNotes } from './follow-actions'

const course = (state: string, ...allowed: string[]) =>
  ({ mine: allowed.length > 0, state, allowed: allowed.map((action) => ({ action })), rating: { open: state === 'closed', until: null, given: null } }) as unknown as Course

it('offers what the server allows, the likeliest first', () => {
  expect(offeredNotes(course('handled', 'remind', 'add', 'confirm', 'complain'), false)).toEqual(['confirm', 'add', 'remind', 'complain'])
})

it('does not ask whether it is fixed while it can be rated', () => {
  expect(offeredNotes(course('closed', 'confirm', 'rate', 'complain'), false)).toEqual(['complain'])
})

it('offers by number what fits the state, and nothing to a stranger', () => {
  expect(offeredNotes(course('rejected'), true)).toEqual(['complain', 'appeal'])
  expect(offeredNotes(course('reported'), true)).toEqual(['add', 'remind', 'complain', 'withdraw'])
  expect(offeredNotes(course('reported'), false)).toEqual([])
})

it('asks for words where they are needed', () => {
  expect(NOTES.filter((action) => fieldOf(action)?.required)).toEqual(['add', 'complain', 'appeal'])
  expect(fieldOf('withdraw')).toBeNull()
})
