/** A real HTTP server for the tests of the outbox, which answers as the API does and takes orders to fail. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Command extends Record<string, unknown> {
  id: string
  kind: string
}
type Answer = { status: number; body: Record<string, unknown> }

export class TestServer {
  /** Every request in order: `PUT media <first 4 of the hash>` or `POST <command ids>`. */
  readonly log: string[] = []
  /** Every command that came in, repeats included. */
  readonly commands: Command[] = []
  /** Request headers of the last batch. */
  headers: IncomingMessage['headers'] = {}
  readonly photos = new Set<string>()
  sessionUser: string | null = null
  /** Takes the whole request over; answer true when it did. */
  hijack: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  /** The answer to one command; by default done. */
  judge: (command: Command) => Answer = (command) => ({ status: 201, body: { id: command.id, missing_photos: [] } })

  private readonly server = createServer((request, response) => void this.answer(request, response))

  /** Listens, and lets relative addresses of `fetch` reach it as they do in a page. */
  async start(): Promise<void> {
    await new Promise<void>((ready) => this.server.listen(0, '127.0.0.1', ready))
    const base = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
    const real = globalThis.fetch
    globalThis.fetch = (address, init) => real(new URL(String(address), base), init)
    this.stop = async () => {
      globalThis.fetch = real
      this.server.closeAllConnections()
      await new Promise((closed) => this.server.close(closed))
    }
  }

  stop: () => Promise<void> = async () => undefined

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    if (this.hijack?.(request, response)) return
    const path = request.url ?? ''
    if (path.endsWith('/session')) json(response, 200, { user: this.sessionUser && { id: this.sessionUser } })
    else if (path.includes('/media/')) this.takePhoto(path, body, response)
    else {
      const { commands } = JSON.parse(body.toString()) as { commands: Command[] }
      this.headers = request.headers
      this.commands.push(...commands)
      this.log.push(`POST ${commands.map((one) => one.id).join(' ')}`)
      json(response, 200, { results: commands.map((one) => ({ id: one.id, ...this.judge(one) })) })
    }
  }

  private takePhoto(path: string, body: Buffer, response: ServerResponse): void {
    const hash = createHash('sha256').update(body).digest('hex')
    this.log.push(`PUT ${hash.slice(0, 4)}`)
    if (!path.endsWith(hash)) return json(response, 422, { code: 'hash_mismatch' })
    this.photos.add(hash)
    json(response, 201, { sha256: hash, bytes: body.length, ready: false })
  }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

export function problem(status: number, code: string, extra: Record<string, unknown> = {}): Answer {
  return { status, body: { status, code, detail: `detail of ${code}`, action: 'what to do', ...extra } }
}
