import { computed, ref, watch } from 'vue'
import { categoryIcons } from '../shared/icons/categories'
import { language } from '../shared/language'
import type { Catalogue, Category } from '../shared/types'
import { fetchKept } from '../shared/kept'
import { r, type ReportWord } from './words-report'

const fetched = ref<Category[]>([])

/** The tiles: those of the city's catalogue, and before it was ever fetched the 14 that every city has. */
export const categories = computed<Category[]>(() => {
  if (fetched.value.length) return fetched.value
  return Object.keys(categoryIcons).map((key) => ({
    key,
    name: r(`category_${key}` as ReportWord),
    icon: key,
    hint: '',
    matter: null,
    photo: 'optional',
    urgency: key === 'safety' ? 'critical' : 'ordinary',
  }))
})

/** The category of that key, or undefined. */
export function categoryOf(key: string | null | undefined): Category | undefined {
  return categories.value.find((category) => category.key === key)
}

/** The picture of a category; one that this version does not know looks like 其他. */
export function pictureOf(key: string | null | undefined): string {
  return categoryIcons[key ?? 'other'] ?? categoryIcons['other']!
}

// The city's catalogue, in the reader's language.
watch(language, () => void fetchKept<Catalogue>('/matters', ({ value }) => (fetched.value = value.categories)), { immediate: true })
