// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { ApiProblem } from '../../shared/api'
import { draftOf, dropAllDrafts, dropDraft, rekey } from './action-drafts'

describe('what is typed at the desk', () => {
  it('stays with its case and action until it is dropped', () => {
    draftOf('one', 'reassign').values['reason'] = '他休假'
    draftOf('two', 'reassign').values['reason'] = '不归他管'
    expect(draftOf('one', 'reassign').values['reason']).toBe('他休假')
    dropDraft('one', 'reassign')
    expect(draftOf('one', 'reassign').values).toEqual({})
    dropAllDrafts()
    expect(draftOf('two', 'reassign').values).toEqual({})
  })

  it('gets a new key after a refusal and keeps it without an answer', () => {
    const draft = draftOf('three', 'accept')
    const { id } = draft
    rekey(draft, new ApiProblem({ code: 'no_connection', status: 0 }))
    rekey(draft, new ApiProblem({ code: 'unavailable', status: 503 }))
    rekey(draft, new ApiProblem({ code: 'twin_in_flight', status: 409 }))
    expect(draft.id).toBe(id)
    rekey(draft, new ApiProblem({ code: 'stale_version', status: 409 }))
    expect(draft.id).not.toBe(id)
  })
})
