import Feature, { type FeatureLike } from 'ol/Feature'
import type { Coordinate } from 'ol/coordinate'
import MultiPolygon from 'ol/geom/MultiPolygon'
import PointGeometry from 'ol/geom/Point'
import Polygon from 'ol/geom/Polygon'
import type { Area } from '../../shared/map'

/** Pixels: half a character, half the height of a name with its number below it, half a mark. */
const HALF_CHARACTER = 7
const HALF_NAME = 19
const HALF_MARK = 11
/** How far a name may leave its place, the nearest first. */
const STEPS = [0, 10, -10, 20, -20, 30, -30, 40, -40]

/** The name of a region as a point in the middle of its largest part, so that it is written once. */
export function nameOf(region: Feature): Feature<PointGeometry> {
  const shape = region.getGeometry()
  const parts = shape instanceof MultiPolygon ? shape.getPolygons() : shape instanceof Polygon ? [shape] : []
  const [largest] = parts.sort((one, other) => other.getArea() - one.getArea())
  const middle = largest?.getInteriorPoint().getCoordinates().slice(0, 2)
  return new Feature({ ...region.getProperties(), geometry: middle && new PointGeometry(middle), room: largest?.getExtent() })
}

/** How many pixels below its place a name of so many characters is clear of the marks and still in its region; 0 when nowhere. */
export function clearOf(marks: Coordinate[], name: FeatureLike, characters: number, resolution: number): number {
  const [x, y] = (name.getGeometry() as PointGeometry).getCoordinates() as [number, number]
  const [, south, , north] = name.get('room') as Area
  const near = marks.map(([lng, lat]) => [(lng! - x) / resolution, (y - lat!) / resolution] as const)
  const side = characters * HALF_CHARACTER + HALF_MARK
  const hidden = (down: number) => near.some(([right, below]) => Math.abs(right) < side && Math.abs(below - down) < HALF_NAME + HALF_MARK)
  const within = (down: number) => down - HALF_NAME > (y - north) / resolution && down + HALF_NAME < (y - south) / resolution
  return STEPS.find((down) => within(down) && !hidden(down)) ?? 0
}
