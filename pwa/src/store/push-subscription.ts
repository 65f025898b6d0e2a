/** The browser's push subscription and the server's knowledge of it. Runs in pages and in the worker. */
import { fact, setFact } from './db'
import type { Maker } from './entry-add'

const HEADERS = { 'Content-Type': 'application/json', 'X-Gezhi': '1' }
const PATH = '/api/v1/push/subscriptions'
/** `subscribe` never settles where the browser's push service cannot be reached. */
const SUBSCRIBE_MS = 8000

/**
 * Subscribes this browser with the server's VAPID key (base64url) and tells the server.
 *
 * @throws Error when the browser's push service does not answer in 8 s or the server does not take it.
 */
export async function subscribe(registration: ServiceWorkerRegistration, key: string, maker: Maker): Promise<void> {
  const options = { userVisibleOnly: true, applicationServerKey: bytesOf(key) }
  const old = await registration.pushManager.getSubscription()
  // A subscription made with another key can never be sent to: the server's key has changed.
  if (old && !sameKey(old, options.applicationServerKey)) await old.unsubscribe()
  await tell(await inTime(registration.pushManager.subscribe(options)), maker)
  await setFact('push', key)
}

/** After the browser has changed the subscription by itself. Does nothing when push was never turned on. */
export async function resubscribe(registration: ServiceWorkerRegistration): Promise<void> {
  const key = await fact<string>('push')
  const maker = await fact<Maker>('maker')
  if (key && maker) await subscribe(registration, key, maker)
}

/** Ends the subscription here and, if it can be reached, on the server. */
export async function unsubscribe(registration: ServiceWorkerRegistration): Promise<void> {
  const subscription = await registration.pushManager.getSubscription()
  await setFact('push', undefined)
  if (!subscription) return
  const body = JSON.stringify({ endpoint: subscription.endpoint })
  await fetch(PATH, { method: 'DELETE', headers: HEADERS, body }).catch(() => undefined)
  await subscription.unsubscribe()
}

async function tell(subscription: PushSubscription, maker: Maker): Promise<void> {
  const { endpoint, keys } = subscription.toJSON()
  const body = JSON.stringify({ endpoint, keys: { p256dh: keys?.p256dh, auth: keys?.auth }, ...maker })
  const answer = await fetch(PATH, { method: 'POST', headers: { ...HEADERS, 'X-Gezhi-Device': maker.device }, body })
  if (!answer.ok) throw new Error(`push subscription: ${answer.status}`)
}

function inTime<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the push service does not answer')), SUBSCRIBE_MS)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(key.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0))
}

function sameKey(subscription: PushSubscription, key: Uint8Array): boolean {
  const known = subscription.options.applicationServerKey
  return !known || new Uint8Array(known).every((byte, place) => byte === key[place])
}
