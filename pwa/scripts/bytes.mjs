/**
 * Measures what the first screen of each door really loads: a cold browser, no interaction, until the network has been
 * idle for two seconds; scripts and styles as gzip. Prints one line a door, and fails when one is over its budget.
 * Needs a build in dist/ and Chromium (CHROMIUM, else /usr/bin/chromium).
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** Kilobytes (1000 bytes) of gzip. */
const BUDGETS = [
  { door: 'resident', path: '/', js: 45, css: 8 },
  { door: 'field', path: '/field', js: 45, css: 8 },
  { door: 'console', path: '/console', js: 330 },
]
const IDLE_MS = 2000
const LONGEST_MS = 30_000
const dist = new URL('../dist', import.meta.url).pathname
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json' }

/** A server that knows just enough for a signed-in person with nothing to do. */
const ANSWERS = {
  '/session': {
    user: { id: '0', name: '张三', account: 'zhangsan' },
    posts: [{ id: '1', role: 'dispatcher', role_name: '受理员', unit: null, region: { code: '3601', name: '南昌市', level: 'city' } }],
    doors: ['field', 'console'],
    city: { code: '3601', name: '南昌市', demo: true, bounds: [115.44, 28.16, 116.58, 29.18], centre: [115.89, 28.68] },
    push_key: '',
    languages: ['zh-CN', 'en'],
  },
  '/cases': { items: [], next_cursor: null, as_of: '2026-01-01T00:00:00.000Z' },
  '/matters': { version: '0', categories: [], groups: [], matters: [] },
  '/places/grids.geojson': { type: 'FeatureCollection', note: '示意数据', features: [] },
}

function serve(request, response) {
  const path = new URL(request.url, 'http://localhost').pathname
  if (path.startsWith('/api/v1')) {
    const answer = ANSWERS[path.slice(7)]
    response.writeHead(answer ? 200 : 404, { 'Content-Type': answer ? 'application/json' : 'application/problem+json' })
    return response.end(JSON.stringify(answer ?? { status: 404, code: 'not_found', detail: '', action: '' }))
  }
  const door = ['field', 'console'].find((name) => path === `/${name}` || path.startsWith(`/${name}/`)) ?? 'index'
  const file = extname(path) ? join(dist, path) : join(dist, `${door}.html`)
  if (!existsSync(file)) return response.writeHead(404).end()
  response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Cache-Control': 'no-store' })
  return response.end(readFileSync(file))
}

/** Starts Chromium and resolves with the address of its debugger. */
function launch(profile) {
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  const browser = spawn(process.env.CHROMIUM ?? '/usr/bin/chromium', [...flags, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const address = new Promise((resolve, reject) => {
    let said = ''
    browser.on('error', reject)
    browser.stderr.on('data', (chunk) => {
      said += chunk
      const found = /DevTools listening on (ws:\S+)/.exec(said)
      if (found) resolve(found[1])
    })
  })
  return { browser, address }
}

/** A connection to the debugger: `send` asks, `on` hears. */
async function connect(address) {
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }))
  const open = new Map()
  const listeners = []
  let last = 0
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data)
    if (message.id) open.get(message.id)?.(message.result)
    else listeners.forEach((listener) => listener(message))
  }
  return {
    on: (listener) => listeners.push(listener),
    send: (method, params = {}, sessionId = undefined) =>
      new Promise((resolve) => {
        open.set((last += 1), resolve)
        socket.send(JSON.stringify({ id: last, method, params, sessionId }))
      }),
  }
}

/** Every same-origin address that the page asked for until it went idle. */
async function loaded(devtools, url) {
  const { browserContextId } = await devtools.send('Target.createBrowserContext')
  const { targetId } = await devtools.send('Target.createTarget', { url: 'about:blank', browserContextId })
  const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: true })
  const seen = new Set()
  let heard = Date.now()
  devtools.on((message) => {
    if (message.sessionId !== sessionId || !message.method.startsWith('Network.')) return
    heard = Date.now()
    if (message.method === 'Network.responseReceived') seen.add(new URL(message.params.response.url).pathname)
  })
  await devtools.send('Network.enable', {}, sessionId)
  await devtools.send('Page.navigate', { url }, sessionId)
  const start = Date.now()
  heard = start
  while (Date.now() - heard < IDLE_MS && Date.now() - start < LONGEST_MS) await new Promise((resolve) => setTimeout(resolve, 100))
  await devtools.send('Target.closeTarget', { targetId })
  return [...seen]
}

const server = createServer(serve).listen(0, '127.0.0.1')
await new Promise((resolve) => server.on('listening', resolve))
const profile = mkdtempSync(join(tmpdir(), 'gezhi-bytes-'))
const { browser, address } = launch(profile)
let over = false
try {
  const devtools = await connect(await address)
  for (const { door, path, js, css } of BUDGETS) {
    const files = await loaded(devtools, `http://localhost:${server.address().port}${path}`)
    const weigh = (extension) => files.filter((file) => extname(file) === extension && existsSync(join(dist, file))).reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file)), { level: 9 }).length, 0) / 1000
    const scripts = weigh('.js')
    const styles = weigh('.css')
    if (!scripts) throw new Error(`${path} loaded no script: run \`npm run build\` first`)
    const bad = scripts > js || (css !== undefined && styles > css)
    over ||= bad
    console.log(`${door.padEnd(9)} js ${scripts.toFixed(1)} kB of ${js}, css ${styles.toFixed(1)} kB${css ? ` of ${css}` : ''}${bad ? '  OVER' : ''}`)
  }
  await devtools.send('Browser.close')
} finally {
  browser.kill()
  server.close()
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
}
process.exit(over ? 1 : 0)
