import { computed, ref } from 'vue'
import type { Entry } from '../store/entry'
import { everUsed, store } from './store'

/** Everything this device made through the resident door and has not thrown away, newest first. */
export const made = ref<Entry[]>([])

/** Whether the phone believes it has a network. */
export const online = ref(navigator.onLine)

/** How many things the browser threw away before they were sent. */
export const lost = ref(0)

/** True when the phone cannot keep anything (storage forbidden or full): then nothing is called saved. */
export const noStorage = ref(false)

/** Reports of this device, newest first. */
export const reports = computed(() => made.value.filter((entry) => entry.kind === 'report' || entry.kind === 'join'))

/** What the server has not confirmed yet. */
export const waiting = computed(() => made.value.filter(({ state }) => state !== 'sent'))

/** The entry as it is now. */
export function entryOf(id: string | null): Entry | undefined {
  return made.value.find((entry) => entry.id === id)
}

/** The secret of the report with that receipt code, when it was made on this device. */
export function secretOf(code: string): string | undefined {
  const own = reports.value.find((entry) => entry.result?.['receipt_code'] === code)
  return own?.fields['secret'] as string | undefined
}

async function refresh() {
  try {
    const all = await (await store()).entries()
    made.value = all.filter((entry) => entry.author.startsWith('device:')).reverse()
    noStorage.value = false
  } catch {
    noStorage.value = true
  }
}

let opened: Promise<void> | undefined

/** Reads the outbox, watches it and starts sending; the first time only. Resolves when it has been read. */
export function openOutbox(): Promise<void> {
  opened ??= store().then(async ({ lostEntries, startRunner, watch }) => {
    watch(() => void refresh())
    lost.value = await lostEntries().catch(() => 0)
    await refresh()
    startRunner()
  })
  return opened
}

/** Watches the network, and opens the outbox when something may be in it; called once. */
export async function startNetwork(): Promise<void> {
  addEventListener('online', () => (online.value = true))
  addEventListener('offline', () => (online.value = false))
  if (await everUsed()) await openOutbox().catch(() => (opened = undefined))
}
