/** From the screen back to the ground. */
import { DEGREE, type Box } from './map'
import type { Point } from './types'

/** The inverse of `project`. */
export function unproject([x, y]: [number, number], origin: Point): Point {
  return [origin[0] + x / (DEGREE * Math.cos((origin[1] * Math.PI) / 180)), origin[1] - y / DEGREE]
}

/** The box that reaches so many metres to every side of the point. */
export function boxAround(point: Point, metres: number): Box {
  const [west, north] = unproject([-metres, -metres], point)
  const [east, south] = unproject([metres, metres], point)
  return [west, south, east, north]
}

/** A round length (1, 2 or 5 times a power of ten) of at most so many metres, for a scale bar. */
export function roundLength(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres))
  return ([5, 2, 1].find((step) => step * power <= metres) ?? 1) * power
}
