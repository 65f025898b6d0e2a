import { language } from '../shared/language'

const NAMES: Record<string, [zh: string, en: string]> = {
  offer: ['请您来接', 'Offered to you'],
  co: ['请您协办', 'You co-handle'],
  extend: ['有人申请延期', 'Asks for more time'],
  suspend: ['有人申请挂账', 'Asks to put it on hold'],
  void: ['有人申请作废', 'Asks to make it void'],
  correction: ['有人建议更正', 'Proposes a correction'],
  whistle_request: ['有人申请吹哨', 'Asks for a whistle'],
  whistle: ['吹哨：请到场报到', 'Whistled: please come and answer'],
  supervise: ['督办：请回复', 'Supervised: please reply'],
  consult: ['请您会商', 'Consultation'],
  expert: ['请您给意见', 'Your advice is asked'],
  own: ['您包案', 'You own it'],
  evaluation: ['待第三方评价', 'To be evaluated'],
}

/** What each kind of task asks of one, in the reader's language. */
export function names(): Record<string, string> {
  return Object.fromEntries(Object.entries(NAMES).map(([kind, [zh, en]]) => [kind, language.value === 'en' ? en : zh]))
}
