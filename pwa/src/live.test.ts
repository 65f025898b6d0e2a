// @vitest-environment node
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

/** A tab: its own copy of the module, with the locks and the channel of the one browser. */
interface Tab {
  heard: string[]
  close: () => void
}

let server: Server
/** What asked for the stream and is still connected, oldest first. */
let open: { url: string; answer: ServerResponse }[]
let asked: string[]
let tabs: Tab[]

beforeEach(async () => {
  open = []
  asked = []
  tabs = []
  server = createServer((request, answer) => {
    asked.push(request.url!)
    const one = { url: request.url!, answer }
    open.push(one)
    answer.on('close', () => (open = open.filter((other) => other !== one)))
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' })
    answer.write('retry: 20\nevent: hello\ndata: {}\n\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // In a page the address is relative to it; Node has no page.
  const Source = EventSource
  vi.stubGlobal('EventSource', class extends Source {
    constructor(path: string) {
      super(base + path)
    }
  })
})

afterEach(async () => {
  for (const tab of tabs) tab.close()
  vi.unstubAllGlobals()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function tab(): Promise<Tab> {
  vi.resetModules()
  const { live } = await import('./live')
  const heard: string[] = []
  const made = { heard, close: live(({ case_id }) => heard.push(case_id), () => heard.push('open'), () => heard.push('lost')) }
  tabs.push(made)
  return made
}

function say(id: string, caseId: string): void {
  open[0]!.answer.write(`id: ${id}\nevent: case\ndata: {"case_id":"${caseId}"}\n\n`)
}

it('holds one stream for all tabs, and every tab hears it', async () => {
  const first = await tab()
  await vi.waitFor(() => expect(first.heard).toEqual(['open']))
  const second = await tab()
  await vi.waitFor(() => expect(second.heard).toEqual(['open']))
  say('7-1', 'a')
  await vi.waitFor(() => expect(second.heard).toContain('a'))
  expect(first.heard).toContain('a')
  expect(asked).toEqual(['/api/v1/live'])
})

it('is taken over where it stopped when its tab closes', async () => {
  const first = await tab()
  await vi.waitFor(() => expect(first.heard).toEqual(['open']))
  const second = await tab()
  say('7-1', 'a')
  await vi.waitFor(() => expect(second.heard).toContain('a'))
  first.close()
  await vi.waitFor(() => expect(asked).toEqual(['/api/v1/live', '/api/v1/live?last_event_id=7-1']))
  await vi.waitFor(() => expect(open).toHaveLength(1))
  say('7-2', 'b')
  await vi.waitFor(() => expect(second.heard).toContain('b'))
  expect(first.heard).not.toContain('b')
})

it('says once, in every tab, that it is lost, and then that it is back', async () => {
  const first = await tab()
  await vi.waitFor(() => expect(first.heard).toEqual(['open']))
  const second = await tab()
  await vi.waitFor(() => expect(second.heard).toEqual(['open']))
  const before = first.heard.length
  open[0]!.answer.destroy()
  await vi.waitFor(() => expect(second.heard.slice(-2)).toEqual(['lost', 'open']))
  expect(first.heard.slice(before)).toEqual(['lost', 'open'])
})
