import { describe, expect, it } from 'vitest'
import type { AllowedAction, OpenTask } from '../types'
import { bodyOf, CHOICES, fieldsNow, formOf, localMoment, missing, type Values } from './form'
import { grouped, likeliest, offered } from './groups'
import { act, choiceName, fieldName } from './words'

const action = (name: AllowedAction['action'], needs: string): AllowedAction => ({
  action: name,
  name: '任意',
  primary: true,
  kind: 'move',
  needs: needs.split(' ').filter(Boolean).map((need) => ({ field: need.replace('?', ''), required: !need.endsWith('?') })),
})
const named = (fields: { field: string; required: boolean }[]) => fields.map(({ field, required }) => `${field}${required ? '' : '?'}`).join(' ')

describe('the form of an action', () => {
  it('asks for each need in its own way, and for unknown ones as text', () => {
    const form = formOf(action('dispatch', 'assignee co_handlers? deadline? reason new_thing? outcome'))
    expect(form.map(({ field, control }) => [field, control])).toEqual([
      ['assignee', 'assignee'],
      ['co_handlers', 'assignees'],
      ['deadline', 'moment'],
      ['reason', 'text'],
      ['new_thing', 'text'],
      ['outcome', 'choice'],
    ])
    expect(formOf(action('release', 'photos'))[0]!.control).toBe('released')
  })

  it('asks why and until when only where it cannot be solved, and then needs both', () => {
    const form = formOf(action('handle', 'outcome reply note? photos? reason? review_on?'))
    expect(named(fieldsNow('handle', form, { outcome: 'solved' }))).toBe('outcome reply note? photos?')
    expect(named(fieldsNow('handle', form, { outcome: 'impossible' }))).toBe('outcome reply note? photos? reason review_on')
  })

  it('asks until when for more time and a suspension, not for an end', () => {
    const form = formOf(action('request', 'request reason? until?'))
    expect(named(fieldsNow('request', form, { request: 'extend' }))).toBe('request reason until')
    expect(named(fieldsNow('request', form, { request: 'void' }))).toBe('request reason')
  })

  it('needs the units to call from a desk, and leaves them to the desk for others', () => {
    const form = formOf(action('whistle', 'reason units?'))
    expect(named(fieldsNow('whistle', form, {}, true))).toBe('reason units')
    expect(named(fieldsNow('whistle', form, {}))).toBe('reason units?')
  })

  it('asks for the agreement only where there is one', () => {
    const form = formOf(action('mediate', 'mediation present held_at note photos? agreement? referral?'))
    expect(named(fieldsNow('mediate', form, { mediation: 'failed' }))).toBe('mediation present held_at note photos?')
    expect(named(fieldsNow('mediate', form, { mediation: 'agreed' }))).toContain('agreement? referral?')
  })

  it('says what is still missing', () => {
    const form = formOf(action('dispatch', 'assignee reason note? photos'))
    expect(missing('dispatch', form, { reason: '  ', photos: [] })).toEqual(['assignee', 'reason', 'photos'])
    expect(missing('dispatch', form, { assignee: { post_id: 'p', unit_id: null }, reason: '他休假', photos: [{ sha256: 'f00', preview: 'blob:' }] })).toEqual([])
  })

  it('takes no correction that corrects nothing, and a yes-or-no that is no', () => {
    const form = formOf(action('correct', 'reason matter? place? address? urgency?'))
    expect(missing('correct', form, { reason: '点错了' })).toEqual(['corrected'])
    expect(missing('correct', form, { reason: '点错了', urgency: 'urgent' })).toEqual([])
    expect(missing('decide', formOf(action('decide', 'task granted reason')), { task: 't', granted: false, reason: '不行' })).toEqual([])
  })

  it('sends what was filled in and nothing else', () => {
    const form = formOf(action('dispatch', 'assignee co_handlers? deadline? reason note? photos?'))
    const values: Values = {
      assignee: { post_id: null, unit_id: 'u' },
      co_handlers: [{ post_id: 'p', unit_id: 'u' }],
      deadline: '2026-11-21T18:00',
      reason: ' 他休假 ',
      note: '',
      photos: [{ sha256: 'f00', preview: 'blob:' }],
      other: 'x',
    }
    expect(bodyOf(form, values)).toEqual({
      assignee: { unit_id: 'u' },
      co_handlers: [{ post_id: 'p' }],
      deadline: new Date('2026-11-21T18:00').toISOString(),
      reason: '他休假',
      photos: ['f00'],
    })
    expect(bodyOf(formOf(action('correct', 'place?')), { place: { lng: 115.9, lat: 28.7 } })).toEqual({ place: { lng: 115.9, lat: 28.7, system: 'wgs84', accuracy_m: null, origin: 'pin' } })
    expect(bodyOf(formOf(action('decide', 'granted')), { granted: false })).toEqual({ granted: false })
  })

  it('names every choice', () => {
    for (const [field, choices] of Object.entries(CHOICES)) {
      for (const choice of choices) expect(choiceName(field, choice)).toBeTruthy()
    }
    expect(fieldName('reject', 'reason')).not.toBe(act('reason'))
    expect(fieldName('return', 'deadline')).toBe(act('deadline'))
    expect(fieldName('supervise', 'unheard_of')).toBe(act('unknown'))
  })

  it('writes a moment as the browser has it', () => {
    expect(new Date(localMoment(Date.UTC(2026, 10, 21, 10, 0))).toISOString()).toBe('2026-11-21T10:00:00.000Z')
  })
})

describe('what is offered', () => {
  const detail = { dispute: false, photos: [], tasks: [] }
  const allowed = ['sign', 'mediate', 'return', 'whistle', 'request', 'release', 'adopt'].map((name) => action(name as AllowedAction['action'], ''))

  it('leaves out what there is nothing for', () => {
    expect(offered(allowed, detail).map((one) => one.action)).toEqual(['sign', 'mediate', 'return', 'whistle', 'request'])
  })

  it('puts the likeliest first, a mediation only in a dispute', () => {
    expect(likeliest(offered(allowed, detail), detail, 2).map((one) => one.action)).toEqual(['sign', 'return'])
    expect(likeliest(offered(allowed, detail), { ...detail, dispute: true }, 2).map((one) => one.action)).toEqual(['sign', 'mediate'])
  })

  it('puts what somebody waits for before all else', () => {
    const tasks = [{ kind: 'whistle_request' } as OpenTask]
    expect(likeliest(offered(allowed, detail), { ...detail, tasks }, 2).map((one) => one.action)).toEqual(['whistle', 'sign'])
  })

  it('puts the rest under headings', () => {
    expect(grouped(offered(allowed, detail)).map(({ group, actions }) => [group, actions.map((one) => one.action)])).toEqual([
      ['work', ['sign', 'mediate', 'return']],
      ['together', ['whistle']],
      ['decide', ['request']],
    ])
  })
})
