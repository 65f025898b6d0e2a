import { language } from './language'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A date and time as people write it, e.g. 11月20日 09:12 (with the year when it is another one). */
export function absolute(iso: string, now: number = Date.now()): string {
  const date = new Date(iso)
  const otherYear = date.getFullYear() !== new Date(now).getFullYear()
  return new Intl.DateTimeFormat(language.value, {
    ...(otherYear ? { year: 'numeric' } : {}),
    month: language.value === 'en' ? 'short' : 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(date)
}

/** Relative until a day old (刚刚, 5 分钟前, 2 小时后), then the date. */
export function relative(iso: string, now: number = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000
  const size = Math.abs(seconds)
  if (size >= DAY) return absolute(iso, now)
  if (size < MINUTE) return language.value === 'en' ? 'just now' : '刚刚'
  const format = new Intl.RelativeTimeFormat(language.value, { numeric: 'always' })
  const [value, unit] = size < HOUR ? ([seconds / MINUTE, 'minute'] as const) : ([seconds / HOUR, 'hour'] as const)
  return format.format(Math.trunc(value), unit).replace(/(\d)(?=[\u4e00-\u9fff])/g, '$1 ')
}

/** A length of time with its units, coarsest two: 1 天 3 小时, 25 分钟. */
export function duration(seconds: number): string {
  const english = language.value === 'en'
  const whole = Math.max(0, Math.round(seconds))
  const parts: [number, string, string][] = [
    [Math.floor(whole / DAY), '天', 'd'],
    [Math.floor((whole % DAY) / HOUR), '小时', 'h'],
    [Math.floor((whole % HOUR) / MINUTE), '分钟', 'min'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  if (first < 0) return english ? 'less than 1 min' : '不到 1 分钟'
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, zh, en]) => `${count} ${english ? en : zh}`)
    .join(' ')
}
