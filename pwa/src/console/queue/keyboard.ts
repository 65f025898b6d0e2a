/** What a key means in the queue. */
export type Command = 'next' | 'previous' | 'first' | 'last' | 'open' | 'close' | 'accept' | 'dispatch' | 'reassign' | 'new' | 'search' | 'help' | 'map'

const KEYS: Record<string, Command> = {
  j: 'next',
  ArrowDown: 'next',
  k: 'previous',
  ArrowUp: 'previous',
  Home: 'first',
  End: 'last',
  Enter: 'open',
  Escape: 'close',
  a: 'accept',
  d: 'dispatch',
  r: 'reassign',
  n: 'new',
  '/': 'search',
  '?': 'help',
  m: 'map',
}

/** Keys that something focused answers itself: a button takes Enter, a drawer scrolls with the arrows. */
const OWN_KEYS = new Set(['Enter', 'ArrowDown', 'ArrowUp', 'Home', 'End'])

/** The part of a KeyboardEvent that counts. */
export interface Pressed {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  isComposing: boolean
  defaultPrevented: boolean
  /** Where the focus is: `list` the queue or nowhere, `text` something one types into, `other` any other control. */
  focus: 'list' | 'text' | 'other'
}

/**
 * The command of a key, or null when the key is not for the queue: while somebody types (also while an input method
 * composes, so that Enter picks a word), with a modifier, or when the focused control answers the key itself.
 */
export function commandOf(pressed: Pressed): Command | null {
  const { key, ctrlKey, metaKey, altKey, isComposing, defaultPrevented, focus } = pressed
  if (ctrlKey || metaKey || altKey || isComposing || defaultPrevented) return null
  if (focus === 'text') return key === 'Escape' ? 'close' : null
  if (focus === 'other' && OWN_KEYS.has(key)) return null
  return KEYS[key.length === 1 ? key.toLowerCase() : key] ?? null
}

/** Where the focus is, seen from the queue. */
export function focusOf(target: EventTarget | null): Pressed['focus'] {
  if (!(target instanceof HTMLElement)) return 'list'
  if (target.isContentEditable || target.matches('input, textarea, select')) return 'text'
  if (target === document.body || target.closest('[data-queue]')) return 'list'
  return 'other'
}

/**
 * The id that `command` moves to among `ids`; from nowhere to the first. When `from` has left the list, its `heir` stands
 * in its place and is the next one. Null only when there is nothing.
 */
export function moved(ids: readonly string[], from: string | null, command: 'next' | 'previous' | 'first' | 'last', heir: string | null = null): string | null {
  const known = from === null ? -1 : ids.indexOf(from)
  const at = known < 0 && heir !== null ? ids.indexOf(heir) : known
  const target = { next: known < 0 ? Math.max(at, 0) : at + 1, previous: at - 1, first: 0, last: ids.length - 1 }[command]
  return ids[Math.min(Math.max(target, 0), ids.length - 1)] ?? null
}
