import type { CaseItem, LightColour } from './types'

/** The shapes of the lights as paths around (0, 0), 14 across: circle, triangle, square, bar. */
export const LIGHT_SHAPES: Record<LightColour, string> = {
  green: 'M7 0a7 7 0 1 1-14 0a7 7 0 1 1 14 0z',
  yellow: 'M0-7L7.500 6.500h-15z',
  red: 'M-6.500-6.500h13v13h-13z',
  grey: 'M-7.500-3h15v6h-15z',
}

/**
 * The light at `now` (milliseconds on the server's clock); null when no clock runs. Red is exactly a deadline that has passed, so
 * that a light never contradicts the time written beside it, however old the answer is. When yellow begins, the server says.
 */
export function lightAt({ light, due_at: due }: Pick<CaseItem, 'light' | 'due_at'>, now: number): LightColour | null {
  if (!light || light === 'grey' || due === null) return light
  if (Date.parse(due) <= now) return 'red'
  return light === 'red' ? 'yellow' : light
}
