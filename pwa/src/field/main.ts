/** Opens the field door: what the phone knows first, then the server. */
import '../shared/base.css'
import './field.css'
import { createApp, watch } from 'vue'
import { language } from '../shared/language'
import { loadClock } from '../store/clock'
import { startRunner } from '../store/outbox'
import FieldApp from './FieldApp.vue'
import { openQueue } from './queue'
import { go } from './router'
import { openSession } from './session'
import { openWords } from './words'

// A new version has replaced the file this page wanted to load: drafts are on the disk, so load the page again.
addEventListener('vite:preloadError', () => location.reload())

watch(language, () => void openWords().catch(() => undefined))
void openWords()
  .catch(() => undefined)
  .then(() => createApp(FieldApp).mount('#app'))

void loadClock().then(openQueue).then(openSession).then(startRunner)

if ('serviceWorker' in navigator && import.meta.env.PROD) {
  void navigator.serviceWorker.register('/sw.js').catch(() => undefined)
  navigator.serviceWorker.addEventListener('message', (event: MessageEvent<{ type?: string; path?: string }>) => {
    if (event.data.type === 'open' && event.data.path) go(event.data.path)
  })
}
// Without this the browser may throw the outbox away when the phone runs full.
void navigator.storage?.persist?.().catch(() => undefined)
