import { expect, it } from 'vitest'
import type { Session } from '../shared/types'
import { dutyOf } from './duty'

const posts = (...roles: string[]) => roles.map((role) => ({ role })) as Session['posts']
const desk: Session['doors'] = ['console']

it.each([
  [['dispatcher'], 'work'],
  [['leader'], 'watch'],
  [['leader', 'duty_leader'], 'work'],
  [['leader', 'auditor'], 'watch'],
  [['admin'], 'admin'],
  [['auditor'], 'auditor'],
] as const)('posts %j: %s', (roles, duty) => {
  expect(dutyOf({ doors: desk, posts: posts(...roles) })).toBe(duty)
})

it('is nothing for somebody who works on a phone', () => {
  expect(dutyOf({ doors: ['field'], posts: posts('grid_worker') })).toBeNull()
})
