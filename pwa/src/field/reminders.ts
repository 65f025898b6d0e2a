/**
 * Reminders while the app is closed. They are one way of several: every failure says what remains. Loaded with the
 * tap on 打开提醒, or when this phone already has a subscription.
 */
import { deviceId } from '../shared/device'
import { language } from '../shared/language'
import { subscribe, unsubscribe } from '../store/push-subscription'
import { tell } from './more-words'
import { session } from './session'

/** On a tap: asks for permission and subscribes. What came of it, in words. */
export async function turnOn(): Promise<string> {
  const permission = await Notification.requestPermission()
  if (permission !== 'granted') return tell('reminders_denied')
  return (await connect()) ? tell('reminders_done') : tell('reminders_failed')
}

/** Makes the subscription of this phone this person's; false when it cannot be reached. */
export async function connect(): Promise<boolean> {
  const key = session.value?.push_key
  if (!key) return false
  try {
    await subscribe(await navigator.serviceWorker.ready, key, { device: deviceId(), language: language.value })
    return true
  } catch {
    return false
  }
}

/** This phone gets no more reminders, because its person has left. */
export async function forgetPush(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration()
  if (registration?.pushManager) await unsubscribe(registration).catch(() => undefined)
}
