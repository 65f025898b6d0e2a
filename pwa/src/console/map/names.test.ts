import Feature from 'ol/Feature'
import MultiPolygon from 'ol/geom/MultiPolygon'
import { expect, test } from 'vitest'
import { clearOf, nameOf } from './names'

const square = (west: number, south: number, side: number) => [[[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]]
/** 200 by 200 pixels at resolution 1, with an exclave; its name stands at (100, 100). */
const REGION = nameOf(new Feature({ name: '东湖区', geometry: new MultiPolygon([square(500, 500, 20), square(0, 0, 200)]) }))

test('a name stands once, in the middle of the largest part', () => {
  expect(REGION.getGeometry()!.getCoordinates()).toEqual([100, 100])
  expect(REGION.get('name')).toBe('东湖区')
})

test('it keeps its place unless a mark lies there, and steps aside as little as it can', () => {
  expect(clearOf([], REGION, 3, 1)).toBe(0)
  expect(clearOf([[100, 160]], REGION, 3, 1)).toBe(0)
  expect(clearOf([[100, 80]], REGION, 3, 1)).toBe(-10)
  expect(clearOf([[100, 120]], REGION, 3, 1)).toBe(10)
})

test('it never leaves its region, even among marks', () => {
  const everywhere = [20, 40, 60, 80, 100, 120, 140, 160, 180].map((y) => [100, y])
  expect(clearOf(everywhere, REGION, 3, 1)).toBe(0)
  expect(clearOf([[100, 100]], REGION, 3, 4)).toBe(0)
})
