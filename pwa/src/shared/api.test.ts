import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { api, ApiProblem } from './api'
import { setLanguage } from './language'

const realFetch = globalThis.fetch
let server: Server | undefined

/** A real server for one test; the browser's own origin is put before the path, as a page has it. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<void> {
  server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server!.on('listening', resolve))
  const { port } = server.address() as AddressInfo
  globalThis.fetch = (path, init) => realFetch(`http://127.0.0.1:${port}${String(path)}`, init)
}

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  globalThis.fetch = realFetch
})

it('says who asks, in which language, and marks what changes something', async () => {
  setLanguage('zh-CN')
  let seen: IncomingMessage | undefined
  await serve((request, response) => {
    seen = request
    response.writeHead(201, { 'Content-Type': 'application/json' }).end('{"ok":true}')
  })
  expect(await api('/reports', { body: { a: 1 } })).toEqual({ ok: true })
  expect(seen?.method).toBe('POST')
  expect(seen?.url).toBe('/api/v1/reports')
  expect(seen?.headers).toMatchObject({ 'x-gezhi': '1', 'accept-language': 'zh-CN', 'content-type': 'application/json' })
  expect(seen?.headers['x-gezhi-device']).toMatch(/^[0-9a-f-]{36}$/)
})

it('gives a problem as the server told it, with the time to wait', async () => {
  await serve((_request, response) => {
    response
      .writeHead(429, { 'Content-Type': 'application/problem+json', 'Retry-After': '30' })
      .end('{"status":429,"code":"too_many_requests","detail":"太快了。","action":"请 30 秒后再试。","fields":{"text":["太长"]}}')
  })
  const problem = await api('/reports').catch((error: unknown) => error)
  expect(problem).toBeInstanceOf(ApiProblem)
  expect(problem).toMatchObject({ status: 429, code: 'too_many_requests', detail: '太快了。', action: '请 30 秒后再试。', retryAfter: 30, fields: { text: ['太长'] } })
})

it('takes the login page of a captive portal for no connection', async () => {
  await serve((_request, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Wi-Fi</h1>'))
  await expect(api('/session')).rejects.toMatchObject({ code: 'no_connection', status: 0 })
})

it('calls a server that does not answer in time no connection', async () => {
  await serve(() => undefined)
  await expect(api('/session', { timeout: 50 })).rejects.toMatchObject({ code: 'no_connection' })
})

it('passes an abort on, so that nobody shows it as a problem', async () => {
  await serve(() => undefined)
  const stop = new AbortController()
  const asked = api('/session', { signal: stop.signal })
  stop.abort()
  await expect(asked).rejects.not.toBeInstanceOf(ApiProblem)
})
