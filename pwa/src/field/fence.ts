/** Whether the phone is where the case is, said with the doubt that a position has. */
import { distance } from '../shared/map'
import type { Point } from '../shared/types'
import type { Fix } from './last-fix'

export interface Range {
  /** inside: certainly within the fence by its own point. doubtful: only within its error. outside: too far. */
  verdict: 'inside' | 'doubtful' | 'outside'
  distanceM: number
  accuracyM: number
  /** How much nearer one has to go. */
  leftM: number
}

/** Compares a fix with the case's point and its fence (metres). */
export function rangeOf(fix: Fix, point: Point, fenceM: number): Range {
  const distanceM = Math.round(distance(fix.point, point))
  const { accuracyM } = fix
  const inside = distanceM <= fenceM && accuracyM <= fenceM
  const verdict = inside ? 'inside' : distanceM - accuracyM <= fenceM ? 'doubtful' : 'outside'
  return { verdict, distanceM, accuracyM, leftM: Math.max(0, distanceM - fenceM) }
}
