import type { GridFeature, Point } from './types'

/** Metres of one degree of latitude (mean). */
export const DEGREE = 111_320

/** Height of a name on a map, and about the width of each of its characters. */
const NAME_PX = 13
const NAME_SHIFTS = [0, 9, -9, 18, -18, 27, -27, 36, -36, 45, -45, 54, -54]

/** [west, south, east, north] in degrees. */
export type Box = [number, number, number, number]

/** Metres east and south of the origin: flat, good to a few per mille over a city. */
export function project([lng, lat]: Point, origin: Point): [number, number] {
  return [(lng - origin[0]) * DEGREE * Math.cos((origin[1] * Math.PI) / 180), (origin[1] - lat) * DEGREE]
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

/** The middle of the feature's largest ring by area: where its name belongs. */
export function middleOf(feature: GridFeature): Point {
  let best: { area: number; point: Point } | undefined
  for (const ring of rings(feature)) {
    const origin = ring[0]!
    let [area, x, y] = [0, 0, 0]
    for (let i = 1; i < ring.length; i += 1) {
      const [ax, ay] = [ring[i - 1]![0] - origin[0], ring[i - 1]![1] - origin[1]]
      const [bx, by] = [ring[i]![0] - origin[0], ring[i]![1] - origin[1]]
      const cross = ax * by - bx * ay
      area += cross
      x += (ax + bx) * cross
      y += (ay + by) * cross
    }
    if (area && (!best || Math.abs(area) > best.area)) best = { area: Math.abs(area), point: [origin[0] + x / (3 * area), origin[1] + y / (3 * area)] }
  }
  return best?.point ?? rings(feature)[0]![0]!
}

/** A rectangle on the screen: left, top, right, bottom, in pixels. */
export type Area = [number, number, number, number]

/**
 * Where the middle of a name's line goes: at `x, y` or as little above or below it as keeps clear of `taken` and within
 * the frame; null when there is no such place.
 */
export function nameSpot(name: string, [x, y]: [number, number], frame: Area, taken: Area[]): [number, number] | null {
  const half = (name.length * NAME_PX) / 2
  for (const shift of NAME_SHIFTS) {
    const area: Area = [x - half, y + shift - NAME_PX, x + half, y + shift + 4]
    const inside = area[0] >= frame[0] && area[1] >= frame[1] && area[2] <= frame[2] && area[3] <= frame[3]
    if (inside && !taken.some((other) => area[0] < other[2] && area[2] > other[0] && area[1] < other[3] && area[3] > other[1])) return [x, y + shift]
  }
  return null
}

/** The part of a grid's name that tells it from its neighbours: 民巷社区居委会第1网格 -> 第1网格. */
export function shortName(name: string): string {
  return /第\s*\d+\s*网格$/.exec(name)?.[0] ?? name
}
