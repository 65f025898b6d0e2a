import { onScopeDispose, ref, type Ref } from 'vue'

/** Milliseconds that the server's clock is ahead of this computer's: times left are counted on the server's. */
const ahead = ref(0)
const now = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

function tick() {
  now.value = Date.now() + ahead.value
}

/** Learns the server's clock from the `as_of` of an answer that just came. Under two seconds is the way of the answer. */
export function learnClock(asOf: string): void {
  const difference = Date.parse(asOf) - Date.now()
  ahead.value = Math.abs(difference) > 2000 ? difference : 0
  tick()
}

/** The server's time now in milliseconds, every five seconds anew while anything on the screen uses it. */
export function useNow(): Ref<number> {
  tick()
  users += 1
  timer ??= setInterval(tick, 5000)
  onScopeDispose(() => {
    users -= 1
    if (users > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return now
}
