/** A tap on a notification: 签收 signs without opening a window, anything else opens the case. */
import { entries, entry } from '../store/entries'
import { add, type Maker } from '../store/entry-add'
import { fact } from '../store/db'
import { unsent } from '../store/entry'
import { run } from '../store/runner'
import type { PushPayload } from './push'
import { worker } from './scope'

export function offerNotificationClick(): void {
  worker.addEventListener('notificationclick', (event) => {
    event.notification.close()
    event.waitUntil(clicked(event.action, (event.notification.data ?? {}) as Partial<PushPayload>))
  })
}

async function clicked(action: string, payload: Partial<PushPayload>): Promise<void> {
  if (action === 'sign' && (await sign(payload).catch(() => false))) return
  await show(payload.url ?? '/field')
}

/** True when the server has taken it. Otherwise the entry stays in the outbox and the case is shown. */
async function sign({ id, case_id: caseId, command, title }: Partial<PushPayload>): Promise<boolean> {
  const author = await fact<string>('author')
  const maker = await fact<Maker>('maker')
  if (!id || !caseId || !command || !author || !maker) return false
  const fields = { action: 'sign', version: command.version }
  const waiting = (await entries()).find((one) => one.caseId === caseId && one.fields.action === 'sign' && unsent(one))
  const made = waiting ?? (await add({ kind: 'action', caseId, fields, photos: [], author, label: title ?? '' }, maker))
  await run()
  return (await entry(made.id))?.state === 'sent'
}

/** Focuses a window that shows the page, else steers an open field window there, else opens one. */
async function show(path: string): Promise<void> {
  const url = new URL(path, worker.location.origin)
  if (url.origin !== worker.location.origin) return
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const there = windows.find((one) => one.url === url.href)
  const field = there ?? windows.find((one) => new URL(one.url).pathname.startsWith('/field'))
  if (!field) {
    await worker.clients.openWindow(url.href)
    return
  }
  const focused = await field.focus().catch(() => field)
  // The page steers itself, so that a form half filled in is saved first.
  if (!there) focused.postMessage({ type: 'open', path: url.pathname })
}
