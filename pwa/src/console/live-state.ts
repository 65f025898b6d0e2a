import { computed, ref } from 'vue'

/** Whether the stream has been heard since the last failure. */
const heard = ref(false)
/** Whether the last look at the queue got no answer, or the browser knows that it has no network. */
const failing = ref(false)
const online = ref(navigator.onLine)

window.addEventListener('online', () => (online.value = true))
window.addEventListener('offline', () => {
  online.value = false
  heard.value = false
})

/** `live`: events come; `polling`: only the regular look; `lost`: not even that. */
export const connection = computed<'live' | 'polling' | 'lost'>(() => (failing.value || !online.value ? 'lost' : heard.value ? 'live' : 'polling'))

/** The stream opened or said something. */
export function heardStream(): void {
  heard.value = true
  failing.value = false
}

/** The stream broke: until it is back only the regular look tells what is new. */
export function lostStream(): void {
  heard.value = false
}

/** How the last look at the queue went. Without an answer the stream is doubtful too, until it is heard again. */
export function lookedAtQueue(answered: boolean): void {
  failing.value = !answered
  if (!answered) heard.value = false
}
