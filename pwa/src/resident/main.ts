import { createApp, watch } from 'vue'
import '../shared/base.css'
import './resident.css'
import { language } from '../shared/language'
import App from './App.vue'
import { loadCategories } from './categories'
import { loadCity } from './city'
import { restoreDraft } from './draft'
import { startNetwork } from './network'
import { startRouter } from './router'

async function start() {
  startRouter()
  await Promise.all([restoreDraft(), startNetwork()])
  createApp(App).mount('#app')
  watch(language, () => { void loadCity(); void loadCategories() }, { immediate: true })
}

void start()
