/** Which actions a screen offers first, and under which heading the rest stand. */
import type { AllowedAction, CaseDetail } from '../types'

export const GROUPS = ['work', 'together', 'decide', 'other'] as const
export type Group = (typeof GROUPS)[number]

const GROUP_OF: Record<string, Group> = {
  whistle: 'together', whistle_answer: 'together', consult: 'together', ask_expert: 'together', expert_answer: 'together', offer: 'together', delegate: 'together',
  request: 'decide', decide: 'decide', supervise: 'decide', supervise_reply: 'decide', own: 'decide', strike_off: 'decide', evaluate: 'decide', refuse_escalation: 'decide',
  correct: 'other', revisit: 'other', release: 'other', contact: 'other', reopen: 'other', unmerge: 'other', recall: 'other',
}
/** Never likely enough for a button of their own; one that ends or moves a case away is looked for on purpose. */
const NEVER_FIRST = new Set(['whistle', 'supervise', 'own', 'consult', 'ask_expert', 'offer', 'correct', 'revisit', 'release', 'reopen', 'transfer', 'unmerge', 'recall', 'request'])

/** What answers a task that is open on the case, by its kind: then it is what somebody waits for. */
const ANSWERS: Record<string, string> = { whistle_request: 'whistle', consult: 'consult' }

type Seen = Pick<CaseDetail, 'dispute' | 'photos' | 'tasks'>

/** The actions that make sense on this case, in the server's order: what came too late is adopted where it is shown. */
export function offered(allowed: AllowedAction[], detail: Seen): AllowedAction[] {
  return allowed.filter(({ action }) => action !== 'adopt' && (action !== 'release' || detail.photos.some(({ ready }) => ready)))
}

/** The likeliest actions, `most` of them at most; the first one is the big button. */
export function likeliest(actions: AllowedAction[], detail: Seen, most: number): AllowedAction[] {
  const answers = detail.tasks.map(({ kind }) => ANSWERS[kind])
  const answering = actions.filter(({ action }) => answers.includes(action))
  const fit = actions.filter((one) => !answering.includes(one) && !NEVER_FIRST.has(one.action) && (one.action !== 'mediate' || detail.dispute))
  const first = [...answering, ...fit]
  return (first.length ? first : actions).slice(0, most)
}

/** The other actions under their headings; a heading without any is left out. */
export function grouped(actions: AllowedAction[]): { group: Group; actions: AllowedAction[] }[] {
  return GROUPS.map((group) => ({ group, actions: actions.filter(({ action }) => (GROUP_OF[action] ?? 'work') === group) })).filter((one) => one.actions.length)
}
