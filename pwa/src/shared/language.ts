import { ref, watchEffect } from 'vue'
import { readSetting, writeSetting } from './storage'

export type Language = 'zh-CN' | 'en'

/** Chinese first: English only for somebody who chose it, or whose phone speaks no Chinese at all. */
function firstLanguage(): Language {
  const kept = readSetting('gezhi-language')
  if (kept === 'zh-CN' || kept === 'en') return kept
  const spoken = navigator.languages?.length ? navigator.languages : [navigator.language || 'zh-CN']
  return spoken.some((tag) => tag.toLowerCase().startsWith('zh')) ? 'zh-CN' : 'en'
}

/** The language of the screen; reactive. */
export const language = ref<Language>(firstLanguage())

/** 大字版; reactive. */
export const largeText = ref(readSetting('gezhi-large') === '1')

/** Changes the language now and for the next visits. */
export function setLanguage(next: Language): void {
  language.value = next
  writeSetting('gezhi-language', next)
}

/** Turns 大字版 on or off, now and for the next visits. */
export function setLargeText(on: boolean): void {
  largeText.value = on
  writeSetting('gezhi-large', on ? '1' : '0')
}

// Without a document (a worker) there is nothing to tell.
if (typeof document !== 'undefined') {
  watchEffect(() => {
    const root = document.documentElement
    root.lang = language.value
    root.classList.toggle('large', largeText.value)
    const manifest = document.querySelector<HTMLLinkElement>('link[rel="manifest"]')
    if (manifest) manifest.href = manifest.href.replace(/\.(zh|en)\.webmanifest$/, language.value === 'en' ? '.en.webmanifest' : '.zh.webmanifest')
  })
}
