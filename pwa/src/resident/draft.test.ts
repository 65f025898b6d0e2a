// @vitest-environment happy-dom
import 'fake-indexeddb/auto'
import { describe, expect, it } from 'vitest'
import { loadDraft } from '../store/drafts'
import { blank, draft, dropDraft, fieldsOf, hasContent, keepDraft, missing, restoreDraft, type Draft } from './draft'

const place: Draft['place'] = { point: [115.892, 28.677], accuracy: 24, origin: 'gps' }

describe('what a form still needs', () => {
  it('is asked in the order of the steps', () => {
    expect(missing(blank(), true)).toEqual(['photo', 'place', 'category'])
  })

  it('is no photo when the kind does not need one', () => {
    expect(missing({ ...blank(), place, category: 'noise' }, false)).toEqual([])
  })

  it('is the address, when the place is said in words', () => {
    const said = { ...blank(), place, byAddress: true, category: 'noise' }
    expect(missing(said, false)).toEqual(['place'])
    expect(missing({ ...said, address: ' ' }, false)).toEqual(['place'])
    expect(missing({ ...said, address: '八一公园北门' }, false)).toEqual([])
  })
})

describe('what is sent', () => {
  it('is the pin with its origin and accuracy', () => {
    expect(fieldsOf({ ...blank(), place, category: 'road', text: '  有坑 ' })).toMatchObject({
      place: { lng: 115.892, lat: 28.677, system: 'wgs84', accuracy_m: 24, origin: 'gps' },
      category: 'road',
      text: '有坑',
      address: null,
      danger: false,
    })
  })

  it('is the address alone when the place is not certain', () => {
    expect(fieldsOf({ ...blank(), place, byAddress: true, address: '八一公园北门' })).toMatchObject({ place: null, address: '八一公园北门' })
  })
})

it('counts as made by a person only what a person made', () => {
  expect(hasContent({ ...blank(), place })).toBe(false)
  expect(hasContent({ ...blank(), place: { ...place!, origin: 'pin' } })).toBe(true)
  expect(hasContent({ ...blank(), text: ' ' })).toBe(false)
  expect(hasContent({ ...blank(), category: 'other' })).toBe(true)
})

it('is on the disk before the camera opens, comes back afterwards, and leaves nothing when dropped', async () => {
  Object.assign(draft, { category: 'water', camera: true })
  await keepDraft()
  const { id } = draft
  Object.assign(draft, blank())
  await restoreDraft()
  expect(draft).toMatchObject({ id, category: 'water', camera: false })
  await dropDraft()
  expect(await loadDraft('report')).toBeUndefined()
})
