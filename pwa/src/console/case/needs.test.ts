import { describe, expect, it } from 'vitest'
import type { AllowedAction } from '../../shared/types'
import { bodyOf, formOf, missing } from './needs'

const action = (...needs: [field: string, required: boolean][]): AllowedAction => ({
  action: 'accept',
  name: '任意',
  primary: true,
  kind: 'move',
  needs: needs.map(([field, required]) => ({ field, required })),
})

describe('the form of an action', () => {
  it('asks for each need in its own way, and for unknown ones as text', () => {
    const form = formOf(action(['assignee', true], ['reason', true], ['photos', false], ['review_date', false]))
    expect(form.map(({ field, control, required }) => [field, control, required])).toEqual([
      ['assignee', 'assignee', true],
      ['reason', 'text', true],
      ['photos', 'photos', false],
      ['review_date', 'text', false],
    ])
  })

  it('says what is still missing', () => {
    const form = formOf(action(['assignee', true], ['reason', true], ['note', false], ['photos', true]))
    expect(missing(form, { reason: '  ', photos: [] })).toEqual(['assignee', 'reason', 'photos'])
    expect(missing(form, { assignee: { post_id: 'p', unit_id: null }, reason: '他休假', photos: [{ sha256: 'f00', preview: 'blob:' }] })).toEqual([])
  })

  it('sends what was filled in and nothing else', () => {
    const form = formOf(action(['assignee', true], ['reason', true], ['note', false], ['photos', false]))
    expect(
      bodyOf(form, { assignee: { post_id: null, unit_id: 'u' }, reason: ' 他休假 ', note: '', photos: [{ sha256: 'f00', preview: 'blob:' }], other: 'x' }),
    ).toEqual({ assignee: { unit_id: 'u' }, reason: '他休假', photos: ['f00'] })
    expect(bodyOf(formOf(action(['assignee', true])), { assignee: { post_id: 'p', unit_id: 'u' } })).toEqual({ assignee: { post_id: 'p' } })
  })
})
