import type { Session } from '../shared/types'

/** Roles whose work is not cases, by the words that say where it is. */
const ELSEWHERE = ['admin', 'security_admin', 'auditor'] as const
/** Roles that keep the routing rules, at the centre of the city. */
const KEEPERS = ['duty_leader', 'admin']
/** Roles that see and plan who is on duty, at a centre. */
const PLANNERS = ['dispatcher', 'duty_leader', 'leader']

export type Elsewhere = (typeof ELSEWHERE)[number]
export type Page = 'cases' | 'rules' | 'roster'

type Who = Pick<Session, 'doors' | 'posts' | 'city'>

/** The pages of the console that somebody has with all their posts together, the first one to begin with. */
export function pagesOf({ doors, posts, city }: Who): Page[] {
  if (!doors.includes('console')) return []
  const cases = posts.some(({ role }) => !ELSEWHERE.includes(role as Elsewhere))
  const rules = posts.some(({ role, region, unit }) => KEEPERS.includes(role) && unit && region.code === city.code)
  const roster = posts.some(({ role, unit }) => PLANNERS.includes(role) && unit)
  return [cases && 'cases', rules && 'rules', roster && 'roster'].filter((page): page is Page => Boolean(page))
}

/** The role whose work is elsewhere, for somebody whom the console has no page for; null without a post at a desk. */
export function elsewhereOf({ doors, posts }: Pick<Who, 'doors' | 'posts'>): Elsewhere | null {
  if (!doors.includes('console')) return null
  return ELSEWHERE.find((role) => posts.some((post) => post.role === role)) ?? null
}
