/** How pages and the worker of one browser tell each other that the outbox moved. */

export type OutboxMessage =
  | { type: 'changed'; caseId?: string }
  /** The server has taken something: what is shown of that case is old. */
  | { type: 'sent'; id: string; caseId?: string }
  /** The server said no to something. */
  | { type: 'refused'; id: string; caseId?: string }
  /** Unsent entries wait for their author to sign in. */
  | { type: 'login' }

const NAME = 'outbox'
let channel: BroadcastChannel | undefined
const here = new Set<(message: OutboxMessage) => void>()

/** Tells this page and every other page and the worker. */
export function announce(message: OutboxMessage): void {
  open()?.postMessage(message)
  for (const listener of here) listener(message)
}

/** Calls back on every message, from here or elsewhere; returns the way to stop. */
export function listen(callback: (message: OutboxMessage) => void): () => void {
  open()
  here.add(callback)
  return () => {
    here.delete(callback)
    if (here.size === 0) close()
  }
}

function open(): BroadcastChannel | undefined {
  if (!channel && typeof BroadcastChannel !== 'undefined') {
    channel = new BroadcastChannel(NAME)
    channel.onmessage = (event: MessageEvent<OutboxMessage>) => {
      for (const listener of here) listener(event.data)
    }
  }
  return channel
}

function close(): void {
  channel?.close()
  channel = undefined
}
