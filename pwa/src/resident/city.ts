import { computed, ref } from 'vue'
import { language } from '../shared/language'
import type { Session } from '../shared/types'
import { fetchKept } from '../shared/kept'

/** The city served; null until the server has answered once on this device. */
export const city = ref<Session['city'] | null>(null)

/** The city as people say it: 南昌市 -> 南昌. */
export const cityName = computed(() => (language.value === 'en' ? city.value?.name : city.value?.name.replace(/市$/, '')) ?? '')

/** Asks which city this is. */
export async function loadCity(): Promise<void> {
  await fetchKept<Session>('/session', ({ value }) => (city.value = value.city))
}
