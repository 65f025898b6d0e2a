import { reactive } from 'vue'
import { uuidv7 } from '../../shared/ids'
import { ApiProblem } from '../../shared/api'
import type { Values } from '../../shared/actions/form'

/** An action being filled in: its key for the server, and what was typed. */
export interface ActionDraft {
  id: string
  values: Values
}

/** Kept while the page lives, by case and action: moving on in the list, a 409 or a new sign-in loses nothing. */
const drafts = reactive(new Map<string, ActionDraft>())

/** The draft of that action on that case; a new one has nothing filled in. */
export function draftOf(caseId: string, action: string): ActionDraft {
  const key = `${caseId}:${action}`
  if (!drafts.has(key)) drafts.set(key, { id: uuidv7(), values: {} })
  return drafts.get(key)!
}

/** Forgets the draft: it was taken over by the server, or given up. */
export function dropDraft(caseId: string, action: string): void {
  drafts.delete(`${caseId}:${action}`)
}

/** Forgets everything: the person signed out. */
export function dropAllDrafts(): void {
  drafts.clear()
}

/**
 * After a refusal the same words are another command, so they need a new key. Without an answer (network gone, server
 * busy) the key stays: the server may have done it already, and then the same key brings the same answer.
 */
export function rekey(draft: ActionDraft, error: unknown): void {
  const answered = error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 429 && error.code !== 'twin_in_flight'
  if (answered) draft.id = uuidv7()
}
