/** Whether the phone is where the case is, as the server will judge it (rule C2), said with the doubt that a position has. */
import { distance } from '../shared/map'
import type { Point } from '../shared/types'
import type { Fix } from './last-fix'

export interface Range {
  /**
   * inside: accepted. doubtful: too vague to judge, accepted and marked. outside: certainly too far, refused where the matter
   * is verified on site. away: as far, but the matter does not ask for it.
   */
  verdict: 'inside' | 'doubtful' | 'outside' | 'away'
  distanceM: number
  accuracyM: number
  /** How much nearer one has to go until it is accepted. */
  leftM: number
}

/** A position with a larger doubt (metres) is never refused. */
const CERTAIN_M = 100

/** Compares a fix with the case's point and its fence (metres). */
export function rangeOf(fix: Fix, point: Point, fenceM: number, onSite = true): Range {
  const distanceM = Math.round(distance(fix.point, point))
  const { accuracyM } = fix
  const leftM = Math.max(0, distanceM - fenceM - accuracyM)
  const verdict = accuracyM > CERTAIN_M ? 'doubtful' : leftM === 0 ? 'inside' : onSite ? 'outside' : 'away'
  return { verdict, distanceM, accuracyM, leftM }
}
