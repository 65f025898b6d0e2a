/** Who works with this phone now. The phone remembers, so that the door opens offline; the server decides. */
import { computed, ref } from 'vue'
import { api, ApiProblem } from '../shared/api'
import { deviceId } from '../shared/device'
import { language } from '../shared/language'
import type { Session } from '../shared/types'
import { fact, LEAVING, setFact } from '../store/db'
import { keep, kept } from '../store/fetched'

export const PATH = '/session'

export const session = ref<Session | null>(null)
export const author = computed(() => (session.value?.user ? `user:${session.value.user.id}` : ''))
/** True once it is known, from the phone or the server, whether somebody is signed in. */
export const known = ref(false)
/** The session ended without its person wanting it: the login says so. */
export const ended = ref(false)

/** Opens with what the phone remembers, then asks the server; without a connection the memory holds. */
export async function openSession(): Promise<void> {
  const memory = await kept<Session>(PATH)
  if (memory?.value.user && (await fact('author'))) show(memory.value)
  try {
    if (await fact(LEAVING)) await (await import('./sign-in')).end()
    await settle(await api<Session>(PATH))
  } catch (error) {
    known.value = true
    if (!(error instanceof ApiProblem)) throw error
  }
}

// Somebody left without a connection: their session is ended as soon as there is one.
addEventListener('online', () => void fact(LEAVING).then((leaving) => (leaving ? openSession() : undefined)))

/** The session has ended on the server: the phone must not go on as if it had not. */
export function expire(): void {
  if (session.value?.user) show({ ...session.value, user: null, posts: [] })
}

/** Shows and keeps what the server says about the session; somebody else's things leave the phone first. */
export async function settle(fresh: Session): Promise<void> {
  const next = fresh.user ? `user:${fresh.user.id}` : undefined
  const before = await fact<string>('author')
  if (before && next && before !== next) await (await import('../store/logout')).clearPerson()
  if (next) {
    await setFact('author', next)
    await setFact('maker', { device: deviceId(), language: language.value })
  }
  await keep(PATH, fresh)
  show(fresh)
  // The reminders of this phone are now this person's; whoever worked with it before has taken theirs along.
  if (next && 'Notification' in self && Notification.permission === 'granted') void import('./reminders').then(({ connect }) => connect())
}

function show(next: Session): void {
  ended.value = !next.user && (ended.value || Boolean(session.value?.user))
  session.value = next
  known.value = true
}
