import { language } from '../../shared/language'
import { say } from '../words'

const UNITS = [
  { minutes: 1440, zh: '天', en: 'd' },
  { minutes: 60, zh: '小时', en: 'h' },
  { minutes: 1, zh: '分', en: 'min' },
] as const

/** A length of time as short as a column needs it: 40 秒, 12 分, 1 小时 8 分, 14 小时, 3 天. The smaller unit goes from ten of the larger on. */
export function shortDuration(seconds: number): string {
  const minutes = Math.floor(Math.abs(seconds) / 60)
  const at = UNITS.findIndex((unit) => minutes >= unit.minutes)
  if (at < 0) return `${Math.floor(Math.abs(seconds))} ${language.value === 'en' ? 's' : '秒'}`
  const count = (unit: (typeof UNITS)[number], of: number) => `${Math.floor(of / unit.minutes)} ${language.value === 'en' ? unit.en : unit.zh}`
  const [large, small] = [UNITS[at]!, UNITS[at + 1]]
  const rest = minutes % large.minutes
  if (!small || minutes >= 10 * large.minutes || rest < small.minutes) return count(large, minutes)
  return `${count(large, minutes)} ${count(small, rest)}`
}

/** How long is left, or how long it is over: 剩 25 分, 超时 1 小时 5 分. */
export function dueText(due: string | null, now: number): string {
  if (due === null) return say('no_due')
  const seconds = (Date.parse(due) - now) / 1000
  return say(seconds <= 0 ? 'over' : 'left', { time: shortDuration(seconds) })
}
