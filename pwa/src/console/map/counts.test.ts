import { describe, expect, it } from 'vitest'
import type { CaseItem } from '../../shared/types'
import { countsByRegion, worstOf } from './counts'

const at = (code: string) => ({ place: { code } }) as CaseItem

describe('the map', () => {
  it('counts the cases under each region, not those that are only known higher up', () => {
    const counts = countsByRegion([at('360102002001003'), at('360102002002001'), at('360102004001001'), at('360102')], 9)
    expect([...counts]).toEqual([
      ['360102002', 2],
      ['360102004', 1],
    ])
  })

  it('shows the worst light of a cluster', () => {
    expect(worstOf(['green', 'yellow', 'grey'])).toBe('yellow')
    expect(worstOf(['green', 'red'])).toBe('red')
    expect(worstOf([])).toBe('grey')
  })
})
