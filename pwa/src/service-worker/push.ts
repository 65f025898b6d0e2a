/** A push always shows something: a silent one costs the permission. */
import { run } from '../store/runner'
import { worker } from './scope'
import { resubscribe } from '../store/push-subscription'

/** What the server sends, after decryption. No personal data, no address. */
export interface PushPayload {
  id: string
  kind: 'task' | 'verify' | 'moved'
  title: string
  body: string
  tag: string
  case_id: string
  url: string
  language: string
  actions: { action: string; title: string }[]
  command: { version: number }
}

/** `actions` and `renotify` are in every Chromium and in no type library. */
type ShownOptions = NotificationOptions & { actions?: PushPayload['actions']; renotify?: boolean }

export function offerPush(): void {
  worker.addEventListener('push', (event) => event.waitUntil(show(event.data)))
  worker.addEventListener('pushsubscriptionchange', (event) => {
    ;(event as ExtendableEvent).waitUntil(resubscribe(worker.registration).catch(() => undefined))
  })
}

async function show(data: PushMessageData | null): Promise<void> {
  const payload = read(data)
  const options: ShownOptions = {
    body: payload.body ?? '',
    lang: payload.language ?? 'zh-CN',
    icon: '/icons/192.png',
    data: payload,
    actions: payload.actions ?? [],
    ...(payload.tag && { tag: payload.tag, renotify: true }),
  }
  await worker.registration.showNotification(payload.title ?? '格治：有新消息', options)
  // The network is evidently there: a good moment for what waits in the outbox.
  await run().catch(() => undefined)
}

function read(data: PushMessageData | null): Partial<PushPayload> {
  try {
    return (data?.json() as Partial<PushPayload> | null) ?? {}
  } catch {
    return {}
  }
}
