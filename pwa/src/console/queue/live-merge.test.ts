import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CaseItem } from '../../shared/types'
import { gather, joined, keptSelection, news } from './live-merge'

const item = (id: string, seq = 1) => ({ id, seq }) as CaseItem

describe('a burst of live events', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('is one look at the server', () => {
    const looks: number[][] = []
    const burst = gather<number>((items) => looks.push(items), 300, 1000)
    burst.add(1)
    vi.advanceTimersByTime(200)
    burst.add(2)
    vi.advanceTimersByTime(299)
    expect(looks).toEqual([])
    vi.advanceTimersByTime(1)
    expect(looks).toEqual([[1, 2]])
  })

  it('never waits longer than the most', () => {
    const looks: number[][] = []
    const burst = gather<number>((items) => looks.push(items), 300, 1000)
    for (let i = 0; i < 12; i += 1) {
      burst.add(i)
      vi.advanceTimersByTime(100)
    }
    expect(looks[0]).toHaveLength(10)
  })

  it('is forgotten when the screen goes', () => {
    const looks: number[][] = []
    const burst = gather<number>((items) => looks.push(items), 300, 1000)
    burst.add(1)
    burst.stop()
    vi.advanceTimersByTime(2000)
    expect(looks).toEqual([])
  })
})

describe('the list after an event', () => {
  it('holds a case once, as it is latest', () => {
    const list = joined([{ items: [item('a'), item('b', 2)] }, { items: [item('b', 3), item('c')] }])
    expect(list.map(({ id, seq }) => [id, seq])).toEqual([
      ['a', 1],
      ['b', 3],
      ['c', 1],
    ])
  })

  it('shows what came and what moved, not what scrolling loaded', () => {
    const before = [item('a'), item('b'), item('c')]
    expect([...news(before, [item('n'), item('a'), item('b', 2), item('c'), item('d')])]).toEqual(['n', 'b'])
    expect([...news([], [item('a')])]).toEqual([])
  })

  it('keeps the selection, or moves it to the neighbour', () => {
    expect(keptSelection(['a', 'b', 'c'], ['n', 'a', 'b', 'c'], 'b')).toBe('b')
    expect(keptSelection(['a', 'b', 'c'], ['n', 'a', 'c'], 'b')).toBe('c')
    expect(keptSelection(['a', 'b', 'c'], ['a', 'b'], 'c')).toBe('b')
    expect(keptSelection(['a'], [], 'a')).toBeNull()
    expect(keptSelection(['a'], ['b'], null)).toBeNull()
    expect(keptSelection(['a'], ['b'], 'elsewhere')).toBeNull()
  })
})
