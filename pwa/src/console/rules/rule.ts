import type { Rule, Urgency } from '../../shared/types'
import type { CHANNELS } from '../queue/filters'

export const REPORTERS = ['anonymous', 'known', 'staff'] as const
export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const

/** A rule being written: what is empty is no condition. Hours are `08:30`, weekdays 1 (Monday) to 7. */
export interface RuleForm {
  name: string
  active: boolean
  place: string | null
  matter: { kind: string; code: string } | undefined
  group: string | null
  channel: (typeof CHANNELS)[number] | null
  opens: string
  closes: string
  weekdays: number[]
  contains: string
  reporter_kind: (typeof REPORTERS)[number] | null
  urgency: Urgency | null
  to: { kind: 'post' | 'unit' | 'desk'; key: string; name: string } | null
}

export function blank(): RuleForm {
  return { name: '', active: true, place: null, matter: undefined, group: null, channel: null, opens: '', closes: '', weekdays: [], contains: '', reporter_kind: null, urgency: null, to: null }
}

/** A rule of the server as the form has it. */
export function formOf(rule: Rule): RuleForm {
  return {
    name: rule.name,
    active: rule.active,
    place: rule.place?.key ?? null,
    matter: rule.matter ? { kind: rule.matter.kind, code: rule.matter.code } : undefined,
    group: rule.group?.key ?? null,
    channel: (rule.channel?.key as RuleForm['channel']) ?? null,
    opens: rule.opens === null ? '' : clock(rule.opens),
    closes: rule.closes === null ? '' : clock(rule.closes),
    weekdays: WEEKDAYS.filter((day) => (rule.weekdays ?? 0) & (1 << (day - 1))),
    contains: rule.contains ?? '',
    reporter_kind: rule.reporter_kind as RuleForm['reporter_kind'],
    urgency: rule.urgency as Urgency | null,
    to: rule.to,
  }
}

/** What crosses the wire. All seven days are no condition. */
export function bodyOf(form: RuleForm): Record<string, unknown> {
  const { to } = form
  const days = form.weekdays.reduce((bits, day) => bits | (1 << (day - 1)), 0)
  return {
    name: form.name.trim(),
    active: form.active,
    place: form.place,
    matter: form.matter ?? null,
    group: form.group,
    channel: form.channel,
    opens: minutes(form.opens),
    closes: minutes(form.closes),
    weekdays: days === 0 || days === 127 ? null : days,
    contains: form.contains.trim() || null,
    reporter_kind: form.reporter_kind,
    urgency: form.urgency,
    to_unit_id: to?.kind === 'unit' ? to.key : null,
    to_post_id: to?.kind === 'post' ? to.key : null,
    to_desk: to?.kind === 'desk' ? to.key : null,
  }
}

/** `08:30` of minutes of the day; 1440 is 24:00. */
export function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

function minutes(text: string): number | null {
  const [hours, rest] = text.split(':').map(Number)
  return text && hours !== undefined && rest !== undefined ? hours * 60 + rest : null
}

/** The order with one rule moved up (-1) or down (1); the same when it cannot go further. */
export function movedTo(ids: string[], id: string, by: -1 | 1): string[] {
  const at = ids.indexOf(id)
  const to = at + by
  if (at < 0 || to < 0 || to >= ids.length) return ids
  const next = [...ids]
  next.splice(at, 1)
  next.splice(to, 0, id)
  return next
}
