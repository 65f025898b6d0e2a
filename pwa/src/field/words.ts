/** What the first screen of the field door says, and what all screens share. */
import { shallowReactive } from 'vue'
import { dictionary } from '../shared/i18n'
import { language } from '../shared/language'

const chinese = {
  door: '格治 · 现场',
  door_short: '现场',
  back: '返回',
  menu: '菜单',
  new: '新',
  urgent: '紧急',
  critical: '特急',
  large_text: '大字版',
  today: '今天',
  todo: '待办',
  unsent: '待发送',
  synced: '同步',
  synced_when: '{when}同步',
  old: '没有网络',
  busy: '服务器忙',
  syncing: '正在同步',
  how_far: '离我多远',
  nothing: '都办完了',
  nothing_hint: '有新任务会自动出现在这里，不用刷新。',
  arrived: '来了 {n} 件新任务',
  done_unsent: '已办，等待发送',
  reminders_on: '打开提醒',
  report: '拍照上报',
  overdue: '超时 {time}',
  soon: '临期，还有 {time}',
  left: '还有 {time}',
  until: '{time} 前',
  today_at: '今天 {clock}',
  tomorrow_at: '明天 {clock}',
  metres: '{n} 米',
  kilometres: '{n} 公里',
  sign: '签收',
  go_handle: '去处置',
  go_verify: '去核查',
  handle: '处置',
  verify: '核查',
  act: '办理',
  state_waiting: '待发送',
  state_sending: '发送中',
  state_refused: '没被接受',
  state_sent: '已发送',
  case: '案件',
  look: '去看看',
  fixed: '修好了',
  not_fixed: '没修好',
  outbox: '待发送',
  login: '登录',
  not_loaded: '页面没能打开。',
  not_loaded_action: '请检查网络后再试，已填写的内容都在。',
}

export type Word = keyof typeof chinese

/** English is a file of its own, for those who read it: until it has come, Chinese is better than nothing. */
const english: Record<Word, string> = shallowReactive({ ...chinese })

/** Resolves when the words of the chosen language are there. */
export async function openWords(): Promise<void> {
  if (language.value === 'en') Object.assign(english, (await import('./words-en')).english)
}

export const say = dictionary(chinese, english)

/** A length as one says it: 180 米, 1.2 公里. */
export function metres(length: number): string {
  return length < 950 ? say('metres', { n: Math.max(10, Math.round(length / 10) * 10) }) : say('kilometres', { n: (length / 1000).toFixed(1) })
}
