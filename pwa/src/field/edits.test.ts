import { expect, test } from 'vitest'
import type { CaseDetail, CaseItem } from '../shared/types'
import type { Entry } from '../store/entry'
import { allowedNow } from './allowed'
import { withEdits } from './edits'

const item = { id: 'c', state: 'dispatched', task: 'sign' } as CaseItem
const edit = (action: string, state: Entry['state'] = 'waiting', caseId = 'c') => ({ kind: 'action', caseId, state, fields: { action, version: 1 } }) as unknown as Entry

test('a signature on its way makes the case one to handle', () => {
  expect(withEdits(item, [edit('sign')])).toMatchObject({ outcome: 'signed', task: 'handle', refused: false })
})

test('signing and handling without a network leaves nothing to do', () => {
  expect(withEdits(item, [edit('sign'), edit('handle')])).toMatchObject({ outcome: 'handled', task: null })
})

test('a refused edit and what follows it change nothing and ask for a look', () => {
  expect(withEdits(item, [edit('sign', 'refused'), edit('handle')])).toMatchObject({ outcome: null, task: 'sign', refused: true })
})

test('a note on its way leaves the case as it is, a move that the phone does not know takes it away', () => {
  const note = { ...edit('progress'), fields: { action: 'progress' } }
  expect(withEdits(item, [note])).toMatchObject({ outcome: null, task: 'sign' })
  expect(withEdits(item, [note, edit('return')])).toMatchObject({ outcome: 'moved', task: null })
})

test('edits of other cases do not count', () => {
  expect(withEdits(item, [edit('sign', 'waiting', 'other')]).edits).toEqual([])
})

test('fetched data stay as they were fetched', () => {
  withEdits(item, [edit('sign')])
  expect(item).toEqual({ id: 'c', state: 'dispatched', task: 'sign' })
})

test('the server says what is allowed, until the person is ahead of it', () => {
  const detail = { ...item, allowed: [{ action: 'sign' }] } as unknown as CaseDetail
  const names = (...edits: Entry[]) => allowedNow(withEdits(detail, edits)).map(({ action }) => action)
  expect(names()).toEqual(['sign'])
  expect(names(edit('sign'))).toEqual(['handle'])
  expect(names(edit('sign'), edit('handle'))).toEqual([])
  expect(names(edit('sign', 'refused'))).toEqual([])
  expect(names({ ...edit('progress', 'refused'), fields: { action: 'progress' } })).toEqual(['sign'])
})
