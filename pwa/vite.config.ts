import vue from '@vitejs/plugin-vue'
import { VitePWA } from 'vite-plugin-pwa'
import { defineConfig, type Plugin } from 'vite'

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

/** Scripts and styles that the two phone doors can ever load: what the service worker keeps. The console needs a network. */
const kept = new Set<string>()

function keptOnPhones(): Plugin {
  return {
    name: 'gezhi-kept-on-phones',
    generateBundle(_options, bundle) {
      const visit = (file: string) => {
        const chunk = bundle[file]
        if (chunk?.type !== 'chunk' || kept.has(file)) return
        kept.add(file)
        chunk.viteMetadata?.importedCss.forEach((css) => kept.add(css))
        chunk.imports.concat(chunk.dynamicImports).forEach(visit)
      }
      for (const [file, chunk] of Object.entries(bundle)) {
        if (chunk.type === 'chunk' && chunk.isEntry && ['index', 'field'].includes(chunk.name)) visit(file)
      }
    },
  }
}

/** The API that `vite dev` passes on to. */
const api = process.env['GEZHI_URL'] ?? 'http://localhost:8000'

export default defineConfig({
  appType: 'mpa',
  // Nobody here, nor Element Plus, writes components with options: leave that part of Vue out.
  define: { __VUE_OPTIONS_API__: 'false' },
  plugins: [
    vue(),
    doors(),
    keptOnPhones(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/service-worker',
      filename: 'index.ts',
      outDir: 'dist',
      injectRegister: false,
      manifest: false,
      integration: {
        // The plugin names its output after the source file; the worker lives at /sw.js so that it owns all doors.
        beforeBuildServiceWorker(options) {
          options.swDest = options.injectManifest.swDest = options.swDest.replace(/index\.js$/, 'sw.js')
        },
      },
      injectManifest: {
        globPatterns: ['{index,field}.html', 'assets/**/*.{js,css}', '*.{webmanifest,svg}', 'icons/*.png'],
        manifestTransforms: [
          async (manifest) => ({ manifest: manifest.filter(({ url }) => !url.startsWith('assets/') || kept.has(url)), warnings: [] }),
        ],
        rollupFormat: 'iife',
        target: 'chrome87',
      },
    }),
  ],
  build: {
    target: 'chrome87',
    cssTarget: 'chrome87',
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { index: 'index.html', field: 'field.html', console: 'console.html' } },
  },
  server: { proxy: { '/api': { target: api, changeOrigin: false } } },
})
