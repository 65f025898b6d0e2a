import type { GridFeature, Point } from './types'

/** Metres of one degree of latitude (mean). */
const DEGREE = 111_320

/** [west, south, east, north] in degrees. */
export type Box = [number, number, number, number]

/** Metres east and south of the origin: flat, good to a few per mille over a city. */
export function project([lng, lat]: Point, origin: Point): [number, number] {
  return [(lng - origin[0]) * DEGREE * Math.cos((origin[1] * Math.PI) / 180), (origin[1] - lat) * DEGREE]
}

/** The inverse of `project`. */
export function unproject([x, y]: [number, number], origin: Point): Point {
  return [origin[0] + x / (DEGREE * Math.cos((origin[1] * Math.PI) / 180)), origin[1] - y / DEGREE]
}

/** Metres between two points of one city. */
export function distance(a: Point, b: Point): number {
  return Math.hypot(...project(b, a))
}

function rings(feature: GridFeature): Point[][] {
  return feature.geometry.type === 'Polygon' ? feature.geometry.coordinates : feature.geometry.coordinates.flat()
}

/** The feature as SVG path data in metres from the origin, to the decimetre. */
export function pathOf(feature: GridFeature, origin: Point): string {
  return rings(feature)
    .map((ring) => `M${ring.map((point) => project(point, origin).map((value) => value.toFixed(1)).join(' ')).join('L')}Z`)
    .join('')
}

/** Whether the point lies in the feature (even-odd, so holes are outside). */
export function contains(feature: GridFeature, [lng, lat]: Point): boolean {
  let inside = false
  for (const ring of rings(feature)) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [ax, ay] = ring[i]!
      const [bx, by] = ring[j]!
      if (ay > lat !== by > lat && lng < ((bx - ax) * (lat - ay)) / (by - ay) + ax) inside = !inside
    }
  }
  return inside
}

/** The smallest box around all points, or null when there are none. */
export function boxOf(points: Point[]): Box | null {
  if (!points.length) return null
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [lng, lat] of points) {
    box[0] = Math.min(box[0], lng)
    box[1] = Math.min(box[1], lat)
    box[2] = Math.max(box[2], lng)
    box[3] = Math.max(box[3], lat)
  }
  return box
}

/** The box of a feature. */
export function boxOfFeature(feature: GridFeature): Box {
  return boxOf(rings(feature).flat())!
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

/** The part of a grid's name that tells it from its neighbours: 民巷社区居委会第1网格 -> 第1网格. */
export function shortName(name: string): string {
  return /第\s*\d+\s*网格$/.exec(name)?.[0] ?? name
}
