import 'fake-indexeddb/auto'
import { reactive } from 'vue'
import { expect, test } from 'vitest'
import { clearDraft, loadDraft, saveDraft } from './drafts'

test('a draft comes back with its photos, also out of a reactive form', async () => {
  const form = reactive({ reply: '已换灯泡', photos: [new Blob(['jpeg'], { type: 'image/jpeg' })], note: null })
  await saveDraft('handle:case-1', form)
  const draft = await loadDraft<{ reply: string; photos: Blob[] }>('handle:case-1')
  expect(draft?.reply).toBe('已换灯泡')
  expect(await draft?.photos[0]?.text()).toBe('jpeg')
  await clearDraft('handle:case-1')
  expect(await loadDraft('handle:case-1')).toBeUndefined()
})
