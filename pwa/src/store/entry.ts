/** What one thing in the outbox looks like, and what a screen hands in to make one. */

import type { Moment } from './clock'

/** The server's problem+json as kept beside a refused entry. */
export interface Problem {
  status: number
  code: string
  title?: string
  detail: string
  action: string
  fields?: Record<string, string[]>
  /** For a 409: how the case stands now. */
  current?: Record<string, unknown>
}

export type EntryKind = 'report' | 'action' | 'note' | 'join'

/** waiting and sending: not confirmed. refused: the server said no, a person must look. sent: receipt kept. */
export type EntryState = 'waiting' | 'sending' | 'refused' | 'sent'

export interface NewEntry {
  kind: EntryKind
  /** For kinds action and join. */
  caseId?: string
  /** For kind note; its secret is in `fields`. */
  receiptCode?: string
  /**
   * The body without id, occurred_at and photos. A move carries the `version` it was made on, the outbox links a chain of
   * them with `after`; a note carries none.
   */
  fields: Record<string, unknown>
  /** Already shrunk. */
  photos: Blob[]
  /** How many of the photos, the last ones, were taken after it was settled at once (a report with `settle`). */
  settledPhotos?: number
  /** The action in the words of the day it was made: 签收. */
  name?: string
  /** `user:<uuid>` or `device:<uuid>`: sent in this author's name or not at all. */
  author: string
  /** Made beforehand by a form so that a double tap is one entry. */
  id?: string
  /** What a list calls it, in the words of the day it was made: 处置 · 井盖破损. */
  label?: string
}

export interface Entry extends NewEntry {
  id: string
  label: string
  device: string
  /** zh-CN or en: the language the server's answer should come in. */
  language: string
  /** Order of making on this device. */
  seq: number
  /** Id of the unsent entry on the same case that must come first. */
  after?: string
  /** ISO time by the corrected clock; never changes, for the same id must be the same body. */
  occurredAt: string
  /** The same by the monotonic clock; entries of an earlier version have none. */
  made?: Moment
  /** SHA-256 in hex, one a photo. */
  hashes: string[]
  state: EntryState
  /** How often a batch with this entry was tried. */
  attempts: number
  problem?: Problem
  /** The server's answer: receipt, action answer or course. */
  result?: Record<string, unknown>
  sentAt?: number
  /** The refused entry this one was made from. */
  replaces?: string
}

/** Whether it moves the case: only moves follow each other, a note never conflicts. */
export function isMove({ kind, fields }: Pick<Entry, 'kind' | 'fields'>): boolean {
  return kind === 'action' && fields.version !== undefined
}

/** Not yet confirmed by the server, refused ones included. */
export function unsent(entry: Entry): boolean {
  return entry.state !== 'sent'
}
