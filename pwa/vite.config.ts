import vue from '@vitejs/plugin-vue'
import { VitePWA } from 'vite-plugin-pwa'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

/** Address space of each door: any path below it is answered with the door's own page. */
const DOORS: [prefix: string, page: string][] = [
  ['/field', '/field.html'],
  ['/console', '/console.html'],
]

/** While developing, answers a navigation with the page of its door, as the server does. */
function doors(): Plugin {
  const page = (url: string) => DOORS.find(([prefix]) => url === prefix || url.startsWith(`${prefix}/`))?.[1] ?? '/index.html'
  return {
    name: 'gezhi-doors',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const url = request.url ?? '/'
        if (request.headers.accept?.includes('text/html') && !url.split('?')[0]!.includes('.')) request.url = page(url)
        next()
      })
    },
  }
}

/** What both phone doors load at once, as one file: many small ones pay for their wrapping and compress worse. */
const FIRST = /node_modules\/@?vue\/|preload-helper|export-helper|src\/shared\/(api|device|i18n|ids|language|lights|map|screens|storage|time|words)\.ts|src\/shared\/icons\/first\.ts|src\/shared\/components\/(AppButton|AppIcon|EmptyState|ErrorNote|LightMark|StillMap)\.vue/

/** What comes with the tasks of the field door, and after them with each of its screens. */
const TASKS = /src\/live\.ts|src\/field\/(act|due|edits|last-fix|tasks)\.ts|src\/field\/components\/EditChip\.vue/

/** What both phone doors know of their outbox before there is anything to send. */
const OUTBOX = /src\/store\/(clock|db|entries|entry|lost|outbox|outbox-channel|pending)\.ts/

/** The API that `vite dev` passes on to. */
const api = process.env['GEZHI_URL'] ?? 'http://localhost:8000'

/** The service worker, at /sw.js so that it owns all paths; it keeps the files of the phone doors. */
const serviceWorker = VitePWA({
  strategies: 'injectManifest',
  srcDir: 'src/service-worker',
  filename: 'index.ts',
  injectRegister: false,
  manifest: false,
  integration: {
    // The plugin names its output after the source file.
    beforeBuildServiceWorker(options) {
      options.swDest = options.injectManifest.swDest = options.swDest.replace(/index\.js$/, 'sw.js')
    },
  },
  injectManifest: {
    globPatterns: ['{index,field}.html', 'assets/*.{js,css}', '*.{webmanifest,svg}', 'icons/*.png'],
    rollupFormat: 'iife',
    target: 'chrome87',
  },
})

/**
 * Two builds into one dist/: first the phone doors, then with `--mode console` the console. A chunk that doors share is
 * as big as all of them need together, and the console needs much more of Vue than a phone should carry.
 */
export default defineConfig(({ mode }): UserConfig => {
  const desk = mode === 'console'
  const pages: Record<string, string> = desk ? { console: 'console.html' } : { index: 'index.html', field: 'field.html' }
  return {
    appType: 'mpa',
    // Nobody here writes components with options: leave that part of Vue out of the phones.
    define: { __VUE_OPTIONS_API__: String(desk) },
    plugins: [vue(), doors(), desk ? [] : serviceWorker],
    build: {
      // The language that Chrome 85 and later speak. Named as 'chrome87', every `?.` would be written out in full, for an
      // engine fault that only odd calls meet.
      target: 'es2021',
      cssTarget: 'chrome87',
      // A later screen is on the phone already: naming all its parts in the first one costs more than it gains.
      modulePreload: { polyfill: false, resolveDependencies: (_file, parts, { hostType }) => (hostType === 'html' ? parts : parts.filter((part) => part.endsWith('.css'))) },
      assetsDir: desk ? 'assets/console' : 'assets',
      emptyOutDir: !desk,
      copyPublicDir: !desk,
      rolldownOptions: { input: pages, output: desk ? {} : { codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: 'first', test: FIRST }, { name: 'tasks', test: TASKS }, { name: 'outbox', test: OUTBOX }] } } },
    },
    server: { proxy: { '/api': { target: api, changeOrigin: false } } },
  }
})
