/** Deadlines in words: 超时 12 分钟, 临期，还有 5 分钟, 还有 25 分钟, 明天 12:00 前. */
import { language } from '../shared/language'
import { absolute, duration } from '../shared/time'
import type { CaseItem } from '../shared/types'
import { say } from './words'

const SOON_S = 12 * 3600

/** The deadline in words at `now` (milliseconds), with the word of its light; empty when there is none, or the clock stands. */
export function dueWords({ due_at: due, light }: Pick<CaseItem, 'light' | 'due_at'>, now: number): string {
  if (!due || light === 'grey') return ''
  const seconds = (Date.parse(due) - now) / 1000
  if (seconds <= 0) return say('overdue', { time: duration(-seconds) })
  if (light === 'yellow') return say('soon', { time: duration(seconds) })
  if (seconds < SOON_S) return say('left', { time: duration(seconds) })
  return say('until', { time: byDay(due, now) })
}

function byDay(due: string, now: number): string {
  const day = (time: number) => new Date(time).setHours(0, 0, 0, 0)
  const days = Math.round((day(Date.parse(due)) - day(now)) / 86_400_000)
  if (days > 1) return absolute(due, now)
  const clock = new Intl.DateTimeFormat(language.value, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(due))
  return days === 0 ? say('today_at', { clock }) : say('tomorrow_at', { clock })
}
