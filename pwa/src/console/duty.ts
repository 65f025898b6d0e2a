import type { Session } from '../shared/types'

/** Roles that may look at cases and move none. */
const WATCHING = new Set(['leader'])
/** Roles whose work is not cases, by the words that say where it is. */
const ELSEWHERE = ['admin', 'security_admin', 'auditor', 'expert'] as const

export type Elsewhere = (typeof ELSEWHERE)[number]

/**
 * What somebody does at the console with all their posts together: `work` on cases, `watch` them, or, when no post of
 * theirs has to do with cases, the role whose work is elsewhere; null for somebody who has no post at a desk at all.
 */
export function dutyOf({ doors, posts }: Pick<Session, 'doors' | 'posts'>): 'work' | 'watch' | Elsewhere | null {
  if (!doors.includes('console')) return null
  const roles = posts.map(({ role }) => role as string)
  const elsewhere = ELSEWHERE.find((role) => roles.includes(role))
  const withCases = roles.filter((role) => !ELSEWHERE.includes(role as Elsewhere))
  if (!withCases.length) return elsewhere ?? null
  return withCases.every((role) => WATCHING.has(role)) ? 'watch' : 'work'
}
