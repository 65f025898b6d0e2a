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
/** Fetches the other screens while the first one is being looked at: the network may be gone at the second. */
function warm() {
  void Promise.all([import('./screens/CaseScreen.vue'), import('./screens/HandleScreen.vue'), import('./screens/VerifyScreen.vue'), import('../store/entry-add'), import('../store/runner')]).catch(() => undefined)
}
addEventListener('pointerdown', warm, { once: true })
addEventListener('keydown', warm, { once: true })
setTimeout(warm, 8000)

// Without this the browser may throw the outbox away when the phone runs full.
void navigator.storage?.persist?.().catch(() => undefined)
