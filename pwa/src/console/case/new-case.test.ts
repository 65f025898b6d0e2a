import { expect, it } from 'vitest'
import { blank, bodyOf, gaps } from './new-case'

it('needs somewhere and something', () => {
  expect(gaps(blank())).toEqual(['new_place_field', 'new_text_field'])
  expect(gaps({ ...blank(), address: '八一公园北门', category: 'road' })).toEqual([])
  expect(gaps({ ...blank(), place: { lng: 115.9, lat: 28.7 }, text: '井盖坏了' })).toEqual([])
})

it('sends a pin or a region, and a reporter only when there is one', () => {
  const made = { ...blank(), place: { lng: 115.9, lat: 28.7 }, region: '360102', text: ' 井盖坏了 ' }
  expect(bodyOf(made, 0)).toMatchObject({ id: made.id, channel: 'phone', reporter: null, place: { lng: 115.9, origin: 'pin' }, region: null, text: '井盖坏了' })
  const roughly = bodyOf({ ...made, place: undefined, phone: '13800138000', hidden: true }, 0)
  expect(roughly).toMatchObject({ reporter: { name: null, phone: '13800138000', hidden: true }, place: null, region: '360102' })
})
