import { describe, expect, it } from 'vitest'
import { boxOfFeature, contains, distance, middleOf, nameSpot, pathOf, project, shortName } from './map'
import { boxAround, roundLength, unproject } from './map-ground'
import type { GridFeature, Point } from './types'

const centre: Point = [115.892, 28.677]
const square: GridFeature = {
  type: 'Feature',
  properties: { code: '360102002001001', name: '民巷社区居委会第1网格', level: 'grid' },
  geometry: {
    type: 'Polygon',
    coordinates: [
      [[115.89, 28.67], [115.9, 28.67], [115.9, 28.68], [115.89, 28.68], [115.89, 28.67]],
      [[115.894, 28.674], [115.896, 28.674], [115.896, 28.676], [115.894, 28.676], [115.894, 28.674]],
    ],
  },
}

describe('the projection', () => {
  it('goes to metres and back to the same point', () => {
    const there = project([115.9, 28.68], centre)
    const back = unproject(there, centre)
    expect(back[0]).toBeCloseTo(115.9, 9)
    expect(back[1]).toBeCloseTo(28.68, 9)
  })

  it('has north up and east right, in metres', () => {
    const [east, south] = project([centre[0] + 0.01, centre[1] + 0.01], centre)
    expect(south).toBeCloseTo(-1113.2, 0)
    expect(east).toBeCloseTo(976.6, 0)
  })

  it('measures distances to a few per mille', () => {
    // 1 km due north on WGS-84 at this latitude is 0.0090245 degrees.
    expect(distance(centre, [centre[0], centre[1] + 0.0090245])).toBeGreaterThan(997)
    expect(distance(centre, [centre[0], centre[1] + 0.0090245])).toBeLessThan(1008)
  })

  it('draws each ring as a closed path', () => {
    expect(pathOf(square, centre).match(/M/g)).toHaveLength(2)
    expect(pathOf(square, centre).match(/Z/g)).toHaveLength(2)
  })

  it('makes a box so many metres around a point', () => {
    const [west, south, east, north] = boxAround(centre, 450)
    expect(distance([west, centre[1]], [east, centre[1]])).toBeCloseTo(900, 3)
    expect(distance([centre[0], south], [centre[0], north])).toBeCloseTo(900, 3)
  })
})

describe('a grid', () => {
  it('contains what is inside, but not its hole and not what is outside', () => {
    expect(contains(square, [115.891, 28.671])).toBe(true)
    expect(contains(square, [115.895, 28.675])).toBe(false)
    expect(contains(square, [115.905, 28.675])).toBe(false)
  })

  it('has a box and a short name', () => {
    expect(boxOfFeature(square)).toEqual([115.89, 28.67, 115.9, 28.68])
    expect(shortName(square.properties.name)).toBe('第1网格')
    expect(shortName('八一广场')).toBe('八一广场')
  })
})

it('rounds a scale bar down to 1, 2 or 5', () => {
  expect([99, 100, 230, 760, 4000].map(roundLength)).toEqual([50, 100, 200, 500, 2000])
})

describe('the place of a name', () => {
  const frame: [number, number, number, number] = [0, 0, 300, 200]

  it('is where it was wanted, when that is free', () => {
    expect(nameSpot('第1网格', [150, 100], frame, [])).toEqual([150, 100])
  })

  it('is a little below a pin that covers it', () => {
    const [x, y] = nameSpot('第1网格', [150, 100], frame, [[130, 60, 170, 104]])!
    expect(x).toBe(150)
    expect(y).toBeGreaterThan(104)
  })

  it('is nowhere when an edge would cut it', () => {
    expect(nameSpot('第1网格', [10, 100], frame, [])).toBeNull()
  })
})

it('puts the middle of a triangle inside it, not in the middle of its box', () => {
  const triangle: GridFeature = { ...square, geometry: { type: 'Polygon', coordinates: [[[115, 28], [115.3, 28], [115, 28.3], [115, 28]]] } }
  const [lng, lat] = middleOf(triangle)
  expect(lng).toBeCloseTo(115.1, 9)
  expect(lat).toBeCloseTo(28.1, 9)
})
