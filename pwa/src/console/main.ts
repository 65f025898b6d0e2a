import './console.css'
import 'element-plus/es/components/base/style/css'
import 'element-plus/es/components/button/style/css'
import 'element-plus/es/components/input/style/css'
import 'element-plus/es/components/message/style/css'
import './element.css'
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import TheConsole from './TheConsole.vue'
import { makeClient } from './queries'

createApp(TheConsole).use(VueQueryPlugin, { queryClient: makeClient() }).mount('#app')
