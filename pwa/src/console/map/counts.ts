import type { CaseItem, LightColour } from '../../shared/types'

const WORST: readonly LightColour[] = ['red', 'yellow', 'green', 'grey']

/** The light that needs somebody first. */
export function worstOf(lights: readonly LightColour[]): LightColour {
  return WORST.find((light) => lights.includes(light)) ?? 'grey'
}

/** How many cases lie under each region of the level whose codes are `digits` long. */
export function countsByRegion(items: readonly Pick<CaseItem, 'place'>[], digits: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { place } of items) {
    if (place.code.length < digits) continue
    const code = place.code.slice(0, digits)
    counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  return counts
}
