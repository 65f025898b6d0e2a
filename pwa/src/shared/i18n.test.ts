// @vitest-environment happy-dom
import { expect, it } from 'vitest'
import { nextTick } from 'vue'
import { dictionary } from './i18n'
import { setLanguage, setLargeText } from './language'

const t = dictionary({ left: '还有 {n} 条', odd: '{missing} 和 {n}' }, { left: '{n} left', odd: '{missing} and {n}' })

it('says words in the language of the screen, and changes with it', () => {
  setLanguage('zh-CN')
  expect(t('left', { n: 3 })).toBe('还有 3 条')
  setLanguage('en')
  expect(t('left', { n: 3 })).toBe('3 left')
})

it('leaves a placeholder that nobody filled, and takes a value as it is', () => {
  setLanguage('en')
  expect(t('odd', { n: '$&' })).toBe('{missing} and $&')
})

it('tells the page which language it is in, and how large its text is', async () => {
  setLanguage('en')
  setLargeText(true)
  await nextTick()
  expect(document.documentElement.lang).toBe('en')
  expect(document.documentElement.classList.contains('large')).toBe(true)
  setLanguage('zh-CN')
  setLargeText(false)
  await nextTick()
  expect(document.documentElement.lang).toBe('zh-CN')
  expect(document.documentElement.classList.contains('large')).toBe(false)
})
