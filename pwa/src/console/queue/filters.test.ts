import { describe, expect, it } from 'vitest'
import { fromQuery, narrowing, NO_FILTERS, showsSame, toQuery, toRequest, type Filters } from './filters'

const full: Filters = {
  view: 'mine',
  state: ['reported', 'accepted'],
  light: 'red',
  category: 'road',
  matter: 'part:01001',
  group: 'city_management',
  place: '360102002',
  channel: 'phone',
  urgency: 'urgent',
  assignee: '0193b5c0-0000-7000-8000-000000000001',
  from: '2026-11-01',
  to: '2026-11-20',
  text: '井盖 & 路灯',
}

describe('filters and the address bar', () => {
  it('come back from their own address', () => {
    expect(fromQuery(toQuery(full))).toEqual(full)
    expect(fromQuery(toQuery({ ...NO_FILTERS }))).toEqual(NO_FILTERS)
  })

  it('make an address that a person can read', () => {
    expect(toQuery({ ...NO_FILTERS, state: ['accepted', 'reported'], place: '360102' })).toBe('state=reported,accepted&place=360102')
    expect(toQuery({ ...NO_FILTERS, text: '   ' })).toBe('')
  })

  it('leave out what cannot be', () => {
    expect(fromQuery('?state=reported,burning&light=blue&place=36;drop&matter=road&view=all&channel=drum&urgency=very&from=yesterday&assignee=me')).toEqual({ ...NO_FILTERS, state: ['reported'] })
  })

  it('ask the server for one page', () => {
    const query = new URLSearchParams(toRequest(full, 'next==', 50).split('?')[1])
    expect(Object.fromEntries(query)).toEqual({
      view: 'mine',
      state: 'reported,accepted',
      light: 'red',
      category: 'road',
      matter: 'part:01001',
      group: 'city_management',
      place: '360102002',
      channel: 'phone',
      urgency: 'urgent',
      assignee: '0193b5c0-0000-7000-8000-000000000001',
      from: '2026-11-01',
      to: '2026-11-20',
      q: '井盖 & 路灯',
      limit: '50',
      cursor: 'next==',
    })
    expect(toRequest({ ...NO_FILTERS }, null, 50)).toBe('/cases?view=scope&limit=50')
  })

  it('are counted without the view', () => {
    expect(narrowing({ ...NO_FILTERS, view: 'mine' })).toBe(0)
    expect(narrowing(full)).toBe(12)
  })

  it('know whether a view shows the same', () => {
    expect(showsSame('state=reported,accepted', { ...NO_FILTERS, state: ['accepted', 'reported'] })).toBe(true)
    expect(showsSame('state=reported,accepted', { ...NO_FILTERS, state: ['reported'] })).toBe(false)
  })
})
