// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { NO_FILTERS } from './filters'
import { removeView, savedViews, saveView, showsSame } from './saved-views'

describe('saved views', () => {
  it('are kept apart for each person', () => {
    saveView('one', '东湖超时', { ...NO_FILTERS, light: 'red', place: '360102' })
    expect(savedViews('one')).toEqual([{ name: '东湖超时', query: 'light=red&place=360102' }])
    expect(savedViews('two')).toEqual([])
  })

  it('take the new filters under the same name, in the same place', () => {
    saveView('three', 'a', { ...NO_FILTERS, light: 'red' })
    saveView('three', 'b', { ...NO_FILTERS })
    expect(saveView('three', ' a ', { ...NO_FILTERS, light: 'yellow' })).toEqual([
      { name: 'a', query: 'light=yellow' },
      { name: 'b', query: '' },
    ])
    expect(removeView('three', 'a')).toEqual([{ name: 'b', query: '' }])
  })

  it('know whether they are what is shown', () => {
    const [view] = saveView('four', 'a', { ...NO_FILTERS, state: ['accepted', 'reported'] })
    expect(showsSame(view!, { ...NO_FILTERS, state: ['reported', 'accepted'] })).toBe(true)
    expect(showsSame(view!, { ...NO_FILTERS, state: ['reported'] })).toBe(false)
  })

  it('survive a broken store', () => {
    localStorage.setItem('gezhi-views-five', '{"name":')
    expect(savedViews('five')).toEqual([])
    localStorage.setItem('gezhi-views-five', '[{"name":"a"},{"name":"b","query":""}]')
    expect(savedViews('five')).toEqual([{ name: 'b', query: '' }])
  })
})
