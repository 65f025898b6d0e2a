/**
 * The outbox as screens see it: hand something in, watch it go.
 *
 * `submit` resolves when the entry is on the disk: only then may a screen say 已保存. Sending is the
 * runner's business and starts by itself.
 */
import { fact } from './db'
import { entries } from './entries'
import { unsent, type Entry, type NewEntry } from './entry'
import { listen, type OutboxMessage } from './outbox-channel'
import type { RunResult } from './runner'

export { entries, entry } from './entries'
export { isMove, unsent, type Entry, type EntryState, type NewEntry, type Problem } from './entry'
export type { OutboxMessage } from './outbox-channel'
export { lostEntries } from './lost'
export type { RunResult } from './runner'

/** Loads what writes an entry. Screens with a form do so when they open: the network may be gone when the form is done. */
export function prepare(): void {
  void writing().catch(() => undefined)
}

function writing() {
  return Promise.all([import('./entry-add'), import('./maker')])
}

/** Writes the entry to the disk, starts the runner and returns the entry without waiting for the network. */
export async function submit(made: NewEntry, replaces?: string): Promise<Entry> {
  const [{ add }, { maker }] = await writing()
  const kept = await add(made, await maker(), replaces)
  kick()
  return kept
}

/**
 * Sends a refused entry again with other content, under a new id that replaces it in its place in the line. What was
 * chained behind it follows the new one. Photos stay unless given.
 */
export function resend(refused: Entry, fields: Record<string, unknown>, photos = refused.photos): Promise<Entry> {
  const { kind, caseId, receiptCode, author, label, name, settledPhotos } = refused
  return submit({ kind, caseId, receiptCode, author, label, name, settledPhotos, fields, photos }, refused.id)
}

/** Calls back whenever the outbox has moved, here, in another tab or in the worker; returns the way to stop. */
export function watch(callback: (message: OutboxMessage) => void): () => void {
  return listen(callback)
}

/** Sends what can be sent; see `runner.ts`, which is loaded when there is something to send and not before. */
export async function run(force = true): Promise<RunResult> {
  return (await import('./runner')).run(force)
}

let started = false
let timer: ReturnType<typeof setTimeout> | undefined

/** Starts the runner's triggers in a page, once: now, network back, page visible, and a timer. */
export function startRunner(): void {
  if (started) return
  started = true
  addEventListener('online', kick)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') kick()
  })
  kick()
}

let running: Promise<void> = Promise.resolve()

/** Resolves when the runs that were started so far have ended. */
export function settled(): Promise<void> {
  return running
}

function kick(): void {
  running = Promise.all([running, attempt(true)]).then(() => undefined)
}

async function attempt(force: boolean): Promise<void> {
  try {
    if ((await entries()).some(unsent) && (await run(force)) === 'later') await plan()
  } catch (error) {
    // The storage failed (full, or closed by an upgrade) or the runner did not load: nothing is lost; try again.
    console.warn('outbox', error)
    await plan(30_000)
  }
}

/** Tries again when the pause is over; the worker may do the same when the browser supports Background Sync. */
async function plan(wait?: number): Promise<void> {
  clearTimeout(timer)
  const until = wait ?? ((await fact<{ until: number }>('pause'))?.until ?? 0) - Date.now()
  timer = setTimeout(() => void attempt(false), Math.max(1000, until))
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined)
  const sync = (registration as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync
  await sync?.register('outbox').catch(() => undefined)
}
