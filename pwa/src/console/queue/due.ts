import { duration } from '../../shared/time'
import { say } from '../words'

/** How long is left, or how long it is over: 剩 25 分钟, 超时 1 小时 5 分钟. */
export function dueText(due: string | null, now: number): string {
  if (due === null) return say('no_due')
  const seconds = (Date.parse(due) - now) / 1000
  return seconds < 0 ? say('over', { time: duration(-seconds) }) : say('left', { time: duration(seconds) })
}
