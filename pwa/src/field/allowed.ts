import type { AllowedAction, CaseDetail } from '../shared/types'
import { isMove } from '../store/entry'
import type { Edited } from './edits'

/** What a case allows once a signature is on its way: the server's list comes with the next answer. */
const AFTER_SIGN: AllowedAction[] = [
  { action: 'handle', name: '', primary: true, kind: 'move', needs: [{ field: 'reply', required: true }, { field: 'photos', required: false }] },
]

/** The actions to offer: the server's, unless the person is already ahead of it. */
export function allowedNow(detail: Edited<CaseDetail>): AllowedAction[] {
  const moves = detail.edits.filter(isMove)
  if (moves.some(({ state }) => state === 'refused')) return []
  const last = moves[moves.length - 1]
  if (!last) return detail.allowed
  return last.fields.action === 'sign' ? AFTER_SIGN : []
}
