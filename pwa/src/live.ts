/**
 * One live stream per browser. A Web Lock elects the tab that holds the EventSource, a BroadcastChannel gives what
 * it hears to the other tabs; when that tab goes, the next one takes over where it stopped.
 */

/** A case has moved. It names no content: whoever shows the case asks for it. */
export interface CaseEvent {
  case_id: string
  seq: number
  action: string
  state: string
  version: number
  at: string
}

/** What tabs tell each other. */
type Heard =
  | { type: 'case'; id: string; event: CaseEvent }
  /** The stream is (again) open: something may have been missed. */
  | { type: 'open' }
  /** The stream is gone; the tab that holds it tries again by itself. */
  | { type: 'lost' }
  /** A new tab asks how the stream is. */
  | { type: 'ask' }

const URL_OF_STREAM = '/api/v1/live'
/** The browser itself tries again after a lost connection; after a refusal (no session, 503) it gives up and we do. */
const AGAIN_MS = 15_000

interface Listener {
  onCase: (event: CaseEvent) => void
  onOpen: (() => void) | undefined
  onLost: (() => void) | undefined
}

const listeners = new Set<Listener>()
let lastId = ''
let stop: (() => void) | undefined

/**
 * Calls back for every case this session may see that moves, whichever tab holds the stream. `onOpen` runs when the
 * stream opens, the first time and after every gap: the moment to ask again for what is shown. `onLost` runs once when it
 * breaks. Returns the way to stop.
 */
export function live(onCase: (event: CaseEvent) => void, onOpen?: () => void, onLost?: () => void): () => void {
  const listener: Listener = { onCase, onOpen, onLost }
  listeners.add(listener)
  stop ??= join()
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    stop?.()
    stop = undefined
  }
}

/** Takes part in the election until told to stop. */
function join(): () => void {
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('live')
  const leave = new AbortController()
  /** How the stream of this tab is; undefined while another tab holds it, and before it has answered. */
  let state: 'open' | 'lost' | undefined
  const hear = (heard: Heard) => {
    if (heard.type === 'case') lastId = heard.id
    if (heard.type === 'ask' && state) channel?.postMessage({ type: state })
    for (const listener of listeners) {
      if (heard.type === 'case') listener.onCase(heard.event)
      else if (heard.type === 'open') listener.onOpen?.()
      else if (heard.type === 'lost') listener.onLost?.()
    }
  }
  if (channel) channel.onmessage = (message: MessageEvent<Heard>) => hear(message.data)
  const tell = (heard: Heard) => {
    // A stream that stays lost is lost once, however often the browser tries.
    if (heard.type === 'lost' && state === 'lost') return
    if (heard.type === 'open' || heard.type === 'lost') state = heard.type
    hear(heard)
    channel?.postMessage(heard)
  }
  const lead = () => stream(tell, leave.signal)
  const locks = (navigator as { locks?: LockManager }).locks
  // Leaving while still waiting for the lock rejects the request: nothing to do then.
  if (locks) locks.request('live', { signal: leave.signal }, lead).catch(() => undefined)
  else void lead()
  channel?.postMessage({ type: 'ask' })
  return () => {
    leave.abort()
    channel?.close()
  }
}

/** Holds the stream open until the signal; the promise resolves then, which frees the lock. */
function stream(tell: (heard: Heard) => void, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    let source: EventSource
    let timer: ReturnType<typeof setTimeout> | undefined
    const open = () => {
      source = new EventSource(lastId ? `${URL_OF_STREAM}?last_event_id=${encodeURIComponent(lastId)}` : URL_OF_STREAM)
      source.addEventListener('hello', () => tell({ type: 'open' }))
      source.addEventListener('case', (message) => {
        tell({ type: 'case', id: message.lastEventId, event: JSON.parse(message.data as string) as CaseEvent })
      })
      source.onerror = () => {
        tell({ type: 'lost' })
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS)
      }
    }
    open()
    // A stream from before the network went may be dead without knowing it.
    const again = () => {
      clearTimeout(timer)
      source.close()
      open()
    }
    globalThis.addEventListener?.('online', again, { signal })
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      source.close()
      done()
    })
  })
}
