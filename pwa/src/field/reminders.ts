/** Reminders while the app is closed. They are one way of several: every failure says what remains. */
import { ref } from 'vue'
import { deviceId } from '../shared/device'
import { language } from '../shared/language'
import { fact } from '../store/db'
import { session } from './session'

export type Reminders = 'unsupported' | 'off' | 'asking' | 'on' | 'denied' | 'failed'

export const reminders = ref<Reminders>('off')

/** Subscribing is for a tap: its code comes with the tap. */
const subscription = () => import('../store/push-subscription')

/** Finds out how things stand, without asking the person anything; a known subscription becomes this person's. */
export async function openReminders(): Promise<void> {
  if (!('Notification' in self) || !('serviceWorker' in navigator) || !('PushManager' in self)) reminders.value = 'unsupported'
  else if (Notification.permission === 'denied') reminders.value = 'denied'
  else if (Notification.permission === 'granted' && (await fact('push'))) await connect()
}

/** On a tap: asks for permission and subscribes. */
export async function turnOn(): Promise<void> {
  reminders.value = 'asking'
  const permission = await Notification.requestPermission()
  if (permission === 'granted') await connect()
  else reminders.value = permission === 'denied' ? 'denied' : 'off'
}

/** This phone gets no more reminders, because its person has left. */
export async function forgetPush(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration()
  if (registration?.pushManager) await (await subscription()).unsubscribe(registration).catch(() => undefined)
  if (reminders.value === 'on') reminders.value = 'off'
}

async function connect(): Promise<void> {
  const key = session.value?.push_key
  try {
    if (!key) throw new Error('no key')
    const { subscribe } = await subscription()
    await subscribe(await navigator.serviceWorker.ready, key, { device: deviceId(), language: language.value })
    reminders.value = 'on'
  } catch {
    reminders.value = 'failed'
  }
}
