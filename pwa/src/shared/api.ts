import { deviceId } from './device'
import { language } from './language'

/** What the server answers when it does not do what was asked (RFC 9457), or what the phone says when it got no answer. */
export class ApiProblem extends Error {
  /** HTTP status; 0 when no answer came. */
  declare readonly status: number
  /** Stable name of the problem, e.g. `place_needed`, `no_connection`. */
  declare readonly code: string
  /** What is wrong, in the reader's language. */
  declare readonly detail: string
  /** What to do about it, in the reader's language. */
  declare readonly action: string
  /** Messages by path of the field. */
  declare readonly fields: Record<string, string[]>
  /** After 409: the state as it is now. */
  declare readonly current: unknown
  /** Seconds to wait before asking again, or null. */
  declare readonly retryAfter: number | null

  constructor(parts: Partial<Omit<ApiProblem, keyof Error>>) {
    super(parts.detail ?? parts.code ?? 'problem')
    this.name = 'ApiProblem'
    this.status = parts.status ?? 0
    this.code = parts.code ?? 'unavailable'
    this.detail = parts.detail ?? ''
    this.action = parts.action ?? ''
    this.fields = parts.fields ?? {}
    this.current = parts.current ?? null
    this.retryAfter = parts.retryAfter ?? null
  }
}

/** How to ask. A Blob goes as it is, everything else as JSON. */
export interface Ask {
  method?: string
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
  /** Milliseconds before the network is called gone; 20 s unless told. */
  timeout?: number
}

function noConnection(): ApiProblem {
  return language.value === 'en'
    ? new ApiProblem({ code: 'no_connection', detail: 'No connection to the server.', action: 'Check the network and try again; nothing you made is lost.' })
    : new ApiProblem({ code: 'no_connection', detail: '连不上服务器。', action: '请检查网络后再试，已填写的内容都在。' })
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const retry = Number(response.headers.get('Retry-After'))
  const parts = { status: response.status, retryAfter: retry > 0 ? retry : null }
  const type = response.headers.get('Content-Type') ?? ''
  const body: unknown = type.includes('json') ? await response.json().catch(() => null) : null
  if (body && typeof body === 'object') return new ApiProblem({ ...body, ...parts })
  const { detail, action } = noConnection()
  return new ApiProblem({ code: 'unavailable', detail, action, ...parts })
}

/**
 * Asks the server; `path` is without `/api/v1`. Answers the parsed JSON (undefined for 204).
 *
 * @throws ApiProblem for every failure. An answer that is not JSON (a captive portal's login page), a lost network and a
 *   timeout have the code `no_connection`. An aborted `signal` rethrows the abort.
 */
export async function api<T>(path: string, ask: Ask = {}): Promise<T> {
  const { method = ask.body === undefined ? 'GET' : 'POST', body, signal, timeout = 20_000 } = ask
  const clock = new AbortController()
  const timer = setTimeout(() => clock.abort(), timeout)
  const stop = () => clock.abort()
  if (signal?.aborted) clock.abort()
  signal?.addEventListener('abort', stop)
  const raw = body instanceof Blob
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language.value, 'X-Gezhi-Device': deviceId(), ...ask.headers }
  if (method !== 'GET') headers['X-Gezhi'] = '1'
  if (body !== undefined) headers['Content-Type'] ??= raw ? body.type : 'application/json'
  try {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      signal: clock.signal,
      credentials: 'same-origin',
      body: body === undefined ? null : raw ? body : JSON.stringify(body),
    })
    if (!response.ok) throw await problemOf(response)
    if (response.status === 204) return undefined as T
    if (!(response.headers.get('Content-Type') ?? '').includes('json')) throw noConnection()
    return (await response.json()) as T
  } catch (error) {
    if (error instanceof ApiProblem || signal?.aborted) throw error
    throw noConnection()
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}
