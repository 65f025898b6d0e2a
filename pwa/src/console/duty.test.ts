import { expect, it } from 'vitest'
import type { Session } from '../shared/types'
import { elsewhereOf, pagesOf } from './duty'

const city = { code: '3601' } as Session['city']
const posts = (...roles: string[]) => roles.map((role) => ({ role, unit: { id: 'u', name: '中心' }, region: { code: '3601' } })) as Session['posts']
const desk: Session['doors'] = ['console']

it.each([
  [['dispatcher'], ['cases', 'roster']],
  [['leader'], ['cases', 'roster']],
  [['duty_leader'], ['cases', 'rules', 'roster']],
  [['expert'], ['cases']],
  [['admin'], ['rules']],
  [['auditor'], []],
  [['handler', 'auditor'], ['cases']],
] as const)('posts %j: %j', (roles, pages) => {
  expect(pagesOf({ doors: desk, city, posts: posts(...roles) })).toEqual(pages)
})

it('lets only the city keep rules', () => {
  const street = posts('duty_leader').map((post) => ({ ...post, region: { code: '360102002' } })) as Session['posts']
  expect(pagesOf({ doors: desk, city, posts: street })).toEqual(['cases', 'roster'])
})

it('is nothing for somebody who works on a phone, and words for whose work is elsewhere', () => {
  expect(pagesOf({ doors: ['field'], city, posts: posts('grid_worker') })).toEqual([])
  expect(elsewhereOf({ doors: ['field'], posts: posts('auditor') })).toBeNull()
  expect(elsewhereOf({ doors: desk, posts: posts('auditor') })).toBe('auditor')
})
