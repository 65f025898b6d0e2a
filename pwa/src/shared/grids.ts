import { computed, reactive } from 'vue'
import type { Box } from './map'
import { contains } from './map'
import type { GridCollection, GridFeature, Point } from './types'
import { fetchKept } from './kept'

/** Degrees: about a kilometre. Whole tiles make addresses that the phone has kept from the last time. */
const TILE = 0.01
/** More than this is a whole city, not what a pin needs. */
const MAX_TILES = 20

const asked = new Set<string>()
const known = reactive(new Map<string, GridFeature>())

/** Every grid fetched so far, on this screen or kept from before. */
export const grids = computed<GridCollection | null>(() => (known.size ? { type: 'FeatureCollection', features: [...known.values()] } : null))

/** The tiles that cover a box, as `w,s,e,n` with two decimals; empty when they are too many. */
export function tilesOf([west, south, east, north]: Box): string[] {
  const [left, low, right, high] = [west, south, east, north].map((degree) => Math.floor(degree / TILE + 1e-9)) as Box
  if ((right - left + 1) * (high - low + 1) > MAX_TILES) return []
  const tiles: string[] = []
  for (let x = left; x <= right; x += 1) {
    for (let y = low; y <= high; y += 1) tiles.push([x, y, x + 1, y + 1].map((step) => (step * TILE).toFixed(2)).join(','))
  }
  return tiles
}

/** Fetches the grids of the box that are not there yet; without a network those kept on the phone. */
export async function needGrids(box: Box): Promise<void> {
  const fresh = tilesOf(box).filter((tile) => !asked.has(tile))
  await Promise.all(
    fresh.map(async (tile) => {
      asked.add(tile)
      const problem = await fetchKept<GridCollection>(`/places/grids.geojson?bbox=${tile}`, ({ value }) => {
        for (const feature of value.features) known.set(feature.properties.code, feature)
      })
      if (problem) asked.delete(tile)
    }),
  )
}

/** The name of the grid at the point as far as this phone knows. */
export function gridNameAt(point: Point): string | null {
  return [...known.values()].find((feature) => contains(feature, point))?.properties.name ?? null
}
