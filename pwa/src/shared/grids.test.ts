// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { tilesOf } from './grids'

describe('the tiles of a box', () => {
  it('are whole hundredths of a degree, so that the same place asks for the same address', () => {
    expect(tilesOf([115.8921, 28.6772, 115.8978, 28.6791])).toEqual(['115.89,28.67,115.90,28.68'])
  })

  it('cover a box that crosses a border of tiles', () => {
    expect(tilesOf([115.8999, 28.6772, 115.9001, 28.6773])).toEqual(['115.89,28.67,115.90,28.68', '115.90,28.67,115.91,28.68'])
  })

  it('do not slip a tile at an exact border', () => {
    expect(tilesOf([115.29, 28.57, 115.291, 28.571])).toEqual(['115.29,28.57,115.30,28.58'])
  })

  it('are none when the box is a whole city', () => {
    expect(tilesOf([115.4, 28.1, 116.6, 29.2])).toEqual([])
  })
})
