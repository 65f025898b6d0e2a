import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LEAVING, setFact, write } from './db'
import { discard } from './entry-changes'
import { entries, lostEntries, resend, run, settled, submit, type Entry, type NewEntry } from './outbox'
import { pauseUntil, waitAfter } from './runner'
import { json, problem, TestServer } from './testing-server'

const DEVICE = 'device:0190aaaa-0000-7000-8000-000000000001'
const WANG = 'user:wang'
let server: TestServer

beforeEach(async () => {
  await write(['outbox', 'facts'], (store) => (store('outbox').clear(), store('facts').clear(), undefined))
  Object.assign(globalThis, { document: { documentElement: { lang: 'zh-CN' }, cookie: '' }, location: { protocol: 'http:' } })
  server = new TestServer()
  await server.start()
})

afterEach(async () => {
  await settled()
  await server.stop()
})

const report = (id: string, extra: Partial<NewEntry> = {}): NewEntry => ({
  kind: 'report', id, fields: { category: 'road', text: id }, photos: [], author: DEVICE, ...extra,
})
const action = (id: string, name: string, extra: Partial<NewEntry> = {}): NewEntry => ({
  kind: 'action', id, caseId: 'case-1', fields: { action: name, version: 3 }, photos: [], author: WANG, ...extra,
})
const photo = (text: string) => new Blob([text], { type: 'image/jpeg' })
const byId = async (id: string): Promise<Entry> => (await entries()).find((one) => one.id === id)!
const offline = () => (server.hijack = (_request, response) => (response.destroy(), true))

/** Hands entries in while nothing gets through, then lets the network come back. */
async function queue(...made: NewEntry[]): Promise<void> {
  offline()
  for (const one of made) await submit(one)
  await settled()
  server.hijack = undefined
}

test('a report is sent once and its receipt kept', async () => {
  await submit(report('a'))
  await settled()
  expect(server.log).toEqual(['POST a'])
  const kept = await byId('a')
  expect(kept).toMatchObject({ state: 'sent', result: { id: 'a' } })
  expect(server.commands[0]).toMatchObject({ kind: 'report', text: 'a', photos: [], occurred_at: kept.occurredAt })
})

test('what waited is sent oldest first, in one batch', async () => {
  await queue(report('a'), report('b'), report('c'))
  expect((await entries()).map((one) => one.state)).toEqual(['waiting', 'waiting', 'waiting'])
  expect(await run()).toBe('empty')
  expect(server.log).toEqual(['POST a b c'])
})

test('the same id handed in twice is one entry', async () => {
  await queue(report('a'), report('a'))
  expect(await entries()).toHaveLength(1)
})

test('other content under an id that is already there is an entry of its own', async () => {
  await submit(report('a'))
  await settled()
  const kept = await submit(report('a', { fields: { category: 'road', text: 'from the other tab' } }))
  const photographed = await submit(report('a', { photos: [photo('one')] }))
  await settled()
  expect(new Set(['a', kept.id, photographed.id]).size).toBe(3)
  expect(server.commands.map(({ id }) => id)).toEqual(['a', kept.id, photographed.id])
  expect((await byId(kept.id)).fields.text).toBe('from the other tab')
})

test('photos go before the entry that names them, and do not hold back what is older', async () => {
  await queue(report('a'), report('b', { photos: [photo('one'), photo('two')] }))
  await run()
  expect(server.log).toEqual(['POST a', 'PUT 7692', 'PUT 3fc4', 'POST b'])
  expect(server.commands[1]?.photos).toHaveLength(2)
  expect((await byId('b')).photos).toEqual([])
})

test('the same picture taken twice is one photo', async () => {
  await submit(report('a', { photos: [photo('one'), photo('one')] }))
  await settled()
  expect(server.commands[0]?.photos).toHaveLength(1)
  expect(server.log).toEqual(['PUT 7692', 'POST a'])
})

test('a report is not sent while the server misses one of its photos', async () => {
  server.judge = ({ id, photos }) => {
    const misses = server.log.filter((line) => line.startsWith('PUT')).length < 2
    return { status: 201, body: { id, missing_photos: misses ? photos : [] } }
  }
  await submit(report('a', { photos: [photo('one')] }))
  await settled()
  expect(server.log).toEqual(['PUT 7692', 'POST a', 'PUT 7692', 'POST a'])
  expect((await byId('a')).state).toBe('sent')
})

test('a photo the server never keeps leaves the report waiting', async () => {
  server.judge = ({ id, photos }) => ({ status: 201, body: { id, missing_photos: photos } })
  await submit(report('a', { photos: [photo('one')] }))
  await settled()
  expect(await run(false)).toBe('later')
  expect((await byId('a')).state).toBe('waiting')
})

test('a photo the server refuses parks its entry and lets the others through', async () => {
  await queue(report('a', { photos: [photo('PDF')] }), report('b'))
  server.hijack = (request, response) => {
    if (!request.url?.includes('/media/')) return false
    json(response, 415, { status: 415, code: 'not_a_photo', detail: 'x', action: 'y' })
    return true
  }
  expect(await run()).toBe('parked')
  expect(await byId('a')).toMatchObject({ state: 'refused', problem: { code: 'not_a_photo' } })
  expect((await byId('b')).state).toBe('sent')
})

test('a captive portal that answers 200 with HTML is a failure', async () => {
  server.hijack = (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome to Free WiFi</h1>')
    return true
  }
  await submit(report('a'))
  await settled()
  expect(await run(false)).toBe('later')
  expect((await byId('a')).state).toBe('waiting')
})

test('an answer that does not name the entry is a failure', async () => {
  server.hijack = (_request, response) => (json(response, 200, { results: [] }), true)
  await submit(report('a'))
  await settled()
  expect(await run(false)).toBe('later')
  expect((await byId('a')).state).toBe('waiting')
})

test('an action on a case with an unsent action is chained behind it instead of naming a version', async () => {
  server.sessionUser = 'wang'
  await queue(action('a', 'sign'), action('b', 'handle'), action('c', 'sign', { caseId: 'case-2' }))
  await run()
  expect(server.commands.map(({ id, version, after }) => ({ id, version, after }))).toEqual([
    { id: 'a', version: 3, after: undefined },
    { id: 'b', version: undefined, after: 'a' },
    { id: 'c', version: 3, after: undefined },
  ])
})

test('what is chained behind a refused action waits for the person', async () => {
  server.sessionUser = 'wang'
  server.judge = ({ id }) => (id === 'a' ? problem(422, 'invalid') : { status: 200, body: {} })
  await submit(action('a', 'sign'))
  await settled()
  await submit(action('b', 'handle'))
  await settled()
  expect(await run(false)).toBe('parked')
  expect((await byId('b')).state).toBe('waiting')
  expect(server.log).toEqual(['POST a'])
})

test('a refused entry is sent again under a new id that replaces it, and the chain follows', async () => {
  server.sessionUser = 'wang'
  server.judge = ({ id }) => (id === 'a' ? problem(422, 'invalid') : { status: 200, body: {} })
  await submit(action('a', 'sign'))
  await settled()
  await submit(action('b', 'handle'))
  const fresh = await resend(await byId('a'), { action: 'sign', version: 4 })
  await settled()
  expect((await entries()).map((one) => [one.id, one.state])).toEqual([[fresh.id, 'sent'], ['b', 'sent']])
  expect(server.commands.slice(1)).toMatchObject([{ id: fresh.id, version: 4 }, { id: 'b', after: fresh.id }])
})

test('a corrected report names the one it replaces on the wire', async () => {
  server.judge = ({ id }) => (id === 'a' ? problem(422, 'place_needed') : { status: 201, body: { missing_photos: [] } })
  await submit(report('a'))
  await settled()
  await resend(await byId('a'), { category: 'road', address: '民巷 8 号' })
  await settled()
  expect(server.commands[1]).toMatchObject({ replaces: 'a', address: '民巷 8 号' })
})

test('throwing an entry away marks what was chained behind it instead of losing it', async () => {
  await queue(action('a', 'sign'), action('b', 'handle'))
  await discard('a')
  expect(await entries()).toMatchObject([{ id: 'b', state: 'refused', problem: { code: 'earlier_discarded' } }])
})

test('a 409 keeps the content and how the case stands now', async () => {
  server.sessionUser = 'wang'
  server.judge = () => problem(409, 'no_longer_yours', { current: { state: 'dispatched', version: 7 } })
  await submit(action('a', 'handle', { fields: { action: 'handle', version: 3, reply: '已换灯泡' } }))
  await settled()
  expect(await byId('a')).toMatchObject({
    state: 'refused',
    fields: { reply: '已换灯泡' },
    problem: { code: 'no_longer_yours', current: { state: 'dispatched', version: 7 } },
  })
})

test('a twin in flight is asked again, not refused', async () => {
  server.judge = () => problem(409, 'twin_in_flight')
  await submit(report('a'))
  await settled()
  expect(await run(false)).toBe('later')
  expect((await byId('a')).state).toBe('waiting')
})

test('without a session everything of that person is kept, and what needs no session is sent', async () => {
  await queue(action('a', 'sign'), report('b'))
  expect(await run()).toBe('login')
  expect((await byId('a')).state).toBe('waiting')
  expect((await byId('b')).state).toBe('sent')
  server.sessionUser = 'wang'
  expect(await run()).toBe('empty')
  expect((await byId('a')).state).toBe('sent')
})

test('an entry is never sent in the session of somebody else', async () => {
  server.sessionUser = 'li'
  await submit(action('a', 'sign'))
  await settled()
  expect(await run(false)).toBe('login')
  expect(server.log).toEqual([])
})

test('who has logged out without a connection is not signed in any more, whatever the cookie says', async () => {
  server.sessionUser = 'wang'
  await setFact(LEAVING, true)
  await submit(action('a', 'sign'))
  await settled()
  expect(await run(false)).toBe('login')
  expect(server.log).toEqual([])
})

test('a session that ends in the middle keeps all', async () => {
  server.sessionUser = 'wang'
  server.hijack = (request, response) => {
    if (!request.url?.includes('/commands')) return false
    json(response, 401, { status: 401, code: 'not_signed_in' })
    return true
  }
  await submit(action('a', 'sign'))
  await settled()
  expect(await run(false)).toBe('login')
  expect((await byId('a')).state).toBe('waiting')
})

test('one command that spoils the whole batch is found and parked alone', async () => {
  await queue(report('a'), report('b', { fields: { text: 'spoils' } }), report('c'))
  let batches = 0
  server.hijack = (request, response) => {
    if (!request.url?.includes('/commands')) return false
    batches += 1
    // The first is the whole batch; of the three that follow, the second is b alone.
    if (batches !== 1 && batches !== 3) return false
    json(response, 400, { status: 400, code: 'invalid', detail: 'x', action: 'y' })
    return true
  }
  expect(await run()).toBe('parked')
  expect((await entries()).map((one) => one.state)).toEqual(['sent', 'refused', 'sent'])
})

test('a note follows nothing and nothing follows it, so a refused move holds it not back', async () => {
  const note = (id: string) => action(id, 'progress', { fields: { action: 'progress', note: '已围挡' } })
  server.sessionUser = 'wang'
  await queue(action('a', 'return'), note('b'), action('c', 'handle'))
  await run()
  expect(server.commands.map(({ id, version, after }) => ({ id, version, after }))).toEqual([
    { id: 'a', version: 3, after: undefined },
    { id: 'b', version: undefined, after: undefined },
    { id: 'c', version: undefined, after: 'a' },
  ])
})

test('who joins a case is sent with what they saw, and no clock of this phone', async () => {
  await submit({ kind: 'join', id: 'j', caseId: 'case-1', fields: { secret: 's', text: null, place: null }, photos: [photo('one')], author: DEVICE })
  await settled()
  expect(server.commands[0]).toMatchObject({ kind: 'join', id: 'j', case_id: 'case-1', secret: 's' })
  expect(server.commands[0]!.photos).toHaveLength(1)
  expect(server.commands[0]).not.toHaveProperty('elapsed_ms')
})

test('after a failure an unforced run keeps to the pause, a forced one does not', async () => {
  await queue(report('a'))
  expect(await pauseUntil()).toBeGreaterThan(Date.now())
  expect(await run(false)).toBe('later')
  expect(server.log).toEqual([])
  expect(await run(true)).toBe('empty')
  expect(await pauseUntil()).toBe(0)
})

test('the pause doubles from 2 seconds to 5 minutes', () => {
  expect([1, 2, 3, 8, 9, 50].map(waitAfter)).toEqual([2000, 4000, 8000, 256_000, 300_000, 300_000])
})

test('a full server says when to come back', async () => {
  server.hijack = (_request, response) => {
    response.writeHead(503, { 'Content-Type': 'application/problem+json', 'Retry-After': '120' }).end('{"code":"storage_full"}')
    return true
  }
  await submit(report('a'))
  await settled()
  const wait = (await pauseUntil()) - Date.now()
  expect(wait).toBeGreaterThan(110_000)
  expect(wait).toBeLessThanOrEqual(120_000)
})

test('the pending cookie counts what is unsent and tells when the storage was thrown away', async () => {
  await queue(report('a'), report('b'))
  expect(document.cookie).toMatch(/^pending=2;/)
  document.cookie = 'pending=2'
  expect(await lostEntries()).toBe(0)
  await write(['outbox', 'facts'], (store) => (store('outbox').clear(), store('facts').clear(), undefined))
  expect(await lostEntries()).toBe(2)
})

test('every request carries the device, the language and the header that a foreign page cannot send', async () => {
  await submit(report('a'))
  await settled()
  expect(server.headers).toMatchObject({ 'x-gezhi': '1', 'accept-language': 'zh-CN' })
  expect(server.headers['x-gezhi-device']).toBe((await byId('a')).device)
})
