import { createApp, watch } from 'vue'
import '../shared/base.css'
import './resident.css'
import { language } from '../shared/language'
import App from './App.vue'
import { loadCity } from './city'
import { restoreDraft } from './draft'
import { reports, startNetwork } from './network'
import { startRouter } from './router'
import { store } from './store'

async function start() {
  startRouter()
  await Promise.all([restoreDraft(), startNetwork()])
  // There before the first paint, so that nothing moves when it comes.
  if (reports.value.length) await import('./RecentReports.vue').catch(() => undefined)
  createApp(App).mount('#app')
  watch(language, () => void loadCity(), { immediate: true })
}

void start()

/** Fetches the other screens while the first one is being looked at: the network may be gone at the second. */
function warm() {
  void Promise.all([import('./ReportPage.vue'), import('./SentPage.vue'), import('./MinePage.vue'), import('./CoursePage.vue'), store()]).catch(() => undefined)
}
addEventListener('pointerdown', warm, { once: true })
addEventListener('keydown', warm, { once: true })
setTimeout(warm, 8000)

if ('serviceWorker' in navigator && import.meta.env.PROD) void navigator.serviceWorker.register('/sw.js').catch(() => undefined)
