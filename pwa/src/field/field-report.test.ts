import { expect, test } from 'vitest'
import type { Category } from '../shared/types'
import { command } from '../store/command'
import type { Entry } from '../store/entry'
import { entryOf, formerly, gaps, type FieldReport } from './field-report'

const road = { key: 'road', name: '道路井盖', photo: 'required', matter: { kind: 'part', code: '01001' } } as Category
const dispute = { key: 'dispute', name: '邻里纠纷', photo: 'optional', matter: null } as Category
const photo = new Blob(['x'])
const made: FieldReport = {
  id: 'i', secret: 's', photos: [photo], place: { lng: 115.9, lat: 28.7 }, accuracy: 12, origin: 'gps', address: '', category: 'road', text: '', danger: false,
  settled: false, outcome: 'solved', reply: '', after: [],
}

test('a report needs a place, a kind and the photo of its kind', () => {
  expect(gaps(made, road, true)).toEqual([])
  expect(gaps({ ...made, place: undefined, category: null, photos: [] }, undefined, false)).toEqual(['report_place_needed', 'report_what_needed'])
  expect(gaps({ ...made, photos: [] }, road, false)).toEqual(['report_photo_needed'])
})

test('what was settled at once needs an answer, the photo of afterwards, and a kind that is certain', () => {
  expect(gaps({ ...made, settled: true }, road, true)).toEqual(['reply_needed', 'photo_needed'])
  expect(gaps({ ...made, settled: true, reply: '已扶正', category: 'dispute' }, dispute, false)).toEqual(['report_settle_matter'])
  expect(gaps({ ...made, settled: true, reply: '已扶正', place: undefined, address: '桥头' }, road, false)).toEqual(['report_place_needed'])
})

test('a refused report comes back as the form it was', () => {
  const settled = { ...made, settled: true, reply: '已扶正', after: [photo] }
  const entry = entryOf(settled, 'user:u', { report: '上报', category: '道路井盖' }) as Entry
  expect({ ...settled, ...formerly(entry) }).toEqual(settled)
})

test('photos of before and of afterwards are sent apart', () => {
  const entry = { ...entryOf({ ...made, settled: true, reply: ' 已扶正 ', after: [photo] }, 'user:u', { report: '上报', category: '道路井盖' }), hashes: ['aa', 'bb'] } as Entry
  expect(command(entry)).toMatchObject({ kind: 'report', photos: ['aa'], settle: { outcome: 'solved', reply: '已扶正', photos: ['bb'] } })
  const plain = { ...entryOf(made, 'user:u', { report: '上报', category: '道路井盖' }), hashes: ['aa'] } as Entry
  expect(command(plain)).toMatchObject({ photos: ['aa'] })
  expect(command(plain)).not.toHaveProperty('settle')
})
