import { ref, shallowRef, watch, type Component } from 'vue'

/** What to show: `key` tells one screen from another, `load` fetches its code. */
export interface Wanted {
  key: string
  load: () => Promise<{ default: Component }>
}

/**
 * The first screen of a door is small; the others come when they are wanted, and the one before stays until they are
 * there. `failed` while the code of the wanted one could not be fetched.
 */
export function useScreen(wanted: () => Wanted) {
  const shown = shallowRef<{ key: string; is: Component }>()
  const failed = ref(false)

  async function open(key: string) {
    try {
      const { default: is } = await wanted().load()
      if (key === wanted().key) shown.value = { key, is }
      failed.value = false
    } catch {
      failed.value = true
    }
  }
  watch(() => wanted().key, open, { immediate: true })
  return { shown, failed }
}
