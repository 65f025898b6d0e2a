/** Fetched data with the person's own unsent edits laid over it, so that the screen shows what they did. */
import type { CaseItem } from '../shared/types'
import { isMove, type Entry } from '../store/entry'

type Outcome = 'signed' | 'handled' | 'closed' | 'returned' | 'moved'

/** Where each action leaves the case, as far as this phone can know. */
const AFTER: Record<string, { outcome: Outcome; task: CaseItem['task'] }> = {
  sign: { outcome: 'signed', task: 'handle' },
  handle: { outcome: 'handled', task: null },
  verify_pass: { outcome: 'closed', task: null },
  verify_fail: { outcome: 'returned', task: null },
}

/** Every other move takes it out of one's hands, for all that the phone can know. */
const MOVED = { outcome: 'moved', task: null } as const

export type Edited<T extends CaseItem> = T & {
  /** The unsent entries on this case, oldest first. */
  edits: Entry[]
  /** What the edits come to; null when there are none that count. */
  outcome: Outcome | null
  /** True when the server has refused one of them: a person must look. */
  refused: boolean
}

/** The case as it will be when everything has been sent. A refused edit and what follows it change nothing. */
export function withEdits<T extends CaseItem>(item: T, unsent: Entry[]): Edited<T> {
  const edits = unsent.filter((one) => one.kind === 'action' && one.caseId === item.id)
  const edited: Edited<T> = { ...item, edits, outcome: null, refused: edits.some((one) => one.state === 'refused') }
  for (const one of edits.filter(isMove)) {
    const after = AFTER[String(one.fields.action)] ?? MOVED
    if (one.state === 'refused') break
    edited.outcome = after.outcome
    edited.task = after.task
  }
  return edited
}
