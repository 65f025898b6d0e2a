/**
 * The two requests of the outbox: a photo by its hash, and a batch of commands.
 *
 * It does not use the pages' `api()`: it also runs in the service worker, and it sends what a phone without
 * a login made without the session's cookie, so that it stays the device's.
 */
import { learn } from './clock'
import { command } from './command'
import type { Entry, Problem } from './entry'

const BASE = '/api/v1'
const ANSWER_MS = 30_000
const PHOTO_MS = 120_000

/** No connection, no JSON, or the server asks to come back. `after` in seconds. */
export class NotNow extends Error {
  constructor(readonly after?: number) {
    super('not now')
  }
}

/** The session has ended. */
export class SignInNeeded extends Error {}

/** The server understood and said no. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail)
  }
}

/** One answer of a batch, in the order of its commands. */
export interface CommandResult {
  id: string
  status: number
  body: Record<string, unknown>
}

type Sender = Pick<Entry, 'author' | 'device' | 'language'>

/** `user:<uuid>` of the session this browser now holds, or null. */
export async function sessionAuthor(): Promise<string | null> {
  const body = await request('/session', { method: 'GET' }, { author: 'user:', device: '', language: 'zh-CN' }, ANSWER_MS)
  if (!('user' in body)) throw new NotNow()
  const user = body.user as { id: string } | null
  return user ? `user:${user.id}` : null
}

/** Resolves once the server has named the photo's hash. */
export async function putPhoto(hash: string, photo: Blob, sender: Sender): Promise<void> {
  const init = { method: 'PUT', body: photo, headers: { 'Content-Type': photo.type || 'image/jpeg' } }
  const body = await request(`/media/${hash}`, init, sender, PHOTO_MS)
  if (body.sha256 !== hash) throw new NotNow()
}

/** One result per entry, in order; throws NotNow when the answer does not name every entry. */
export async function postCommands(batch: Entry[]): Promise<CommandResult[]> {
  const first = batch[0]
  if (!first) return []
  const init = {
    method: 'POST',
    body: JSON.stringify({ commands: batch.map(command) }),
    headers: { 'Content-Type': 'application/json' },
  }
  const body = await request('/commands', init, first, ANSWER_MS)
  const results = body.results as CommandResult[] | undefined
  const named = Array.isArray(results) && batch.every((entry, place) => results[place]?.id === entry.id)
  if (!named) throw new NotNow()
  return results
}

/** The server's problem in our shape, whatever is missing in it. */
export function asProblem(status: number, body: Record<string, unknown>): Problem {
  const text = (key: string) => (typeof body[key] === 'string' ? body[key] : '')
  return {
    ...(body as object),
    status,
    code: text('code'),
    detail: text('detail') || text('title'),
    action: text('action'),
  }
}

/** True for answers that say nothing about the content: the same request may succeed later. */
export function passing(status: number, code: unknown): boolean {
  return status >= 500 || status === 429 || status === 408 || (status === 409 && code === 'twin_in_flight')
}

async function request(
  path: string,
  init: RequestInit,
  sender: Sender,
  limit: number,
): Promise<Record<string, unknown>> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), limit)
  try {
    const response = await fetch(BASE + path, {
      ...init,
      headers: {
        ...(init.headers as Record<string, string> | undefined),
        'X-Gezhi': '1',
        'Accept-Language': sender.language,
        ...(sender.device && { 'X-Gezhi-Device': sender.device }),
      },
      credentials: sender.author.startsWith('device:') ? 'omit' : 'same-origin',
      cache: 'no-store',
      signal: stop.signal,
    })
    return await answer(response)
  } catch (error) {
    if (error instanceof NotNow || error instanceof SignInNeeded || error instanceof Refused) throw error
    throw new NotNow()
  } finally {
    clearTimeout(timer)
  }
}

/** A captive portal answers 200 with HTML, or redirects to itself: neither is an answer. */
async function answer(response: Response): Promise<Record<string, unknown>> {
  const after = Number(response.headers.get('Retry-After')) || undefined
  const isJson = /\bjson\b/.test(response.headers.get('Content-Type') ?? '')
  if (!isJson || response.redirected) throw new NotNow(after)
  const body = (await response.json()) as Record<string, unknown>
  learn(Date.parse(response.headers.get('Date') ?? ''))
  if (response.ok) return body
  if (response.status === 401) throw new SignInNeeded()
  if (passing(response.status, body.code)) throw new NotNow(after)
  throw new Refused(asProblem(response.status, body))
}
