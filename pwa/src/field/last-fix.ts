import { shallowRef } from 'vue'
import type { Point } from '../shared/types'

/** Where the phone was found, WGS-84, and the radius of its doubt in metres. */
export interface Fix {
  point: Point
  accuracyM: number
}

/** The last fix a person asked for in this visit; distances in lists come from it. */
export const lastFix = shallowRef<Fix | null>(null)
