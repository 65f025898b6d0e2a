// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { commandOf, focusOf, moved, type Pressed } from './keyboard'

function press(key: string, more: Partial<Pressed> = {}): Pressed {
  return { key, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, defaultPrevented: false, focus: 'list', ...more }
}

describe('keys of the queue', () => {
  it('mean what the help says', () => {
    const said = ['j', 'k', 'Enter', 'Escape', 'a', 'd', 'r', '/', '?', 'm'].map((key) => commandOf(press(key)))
    expect(said).toEqual(['next', 'previous', 'open', 'close', 'accept', 'dispatch', 'reassign', 'search', 'help', 'map'])
    expect(commandOf(press('J'))).toBe('next')
    expect(commandOf(press('x'))).toBeNull()
  })

  it('leave typing alone, but Escape still closes', () => {
    expect(commandOf(press('r', { focus: 'text' }))).toBeNull()
    expect(commandOf(press('Enter', { focus: 'text' }))).toBeNull()
    expect(commandOf(press('Escape', { focus: 'text' }))).toBe('close')
    expect(commandOf(press('Escape', { focus: 'text', isComposing: true }))).toBeNull()
  })

  it('leave the browser and the focused control their own keys', () => {
    expect(commandOf(press('r', { ctrlKey: true }))).toBeNull()
    expect(commandOf(press('Enter', { focus: 'other' }))).toBeNull()
    expect(commandOf(press('j', { focus: 'other' }))).toBe('next')
    expect(commandOf(press('j', { defaultPrevented: true }))).toBeNull()
  })

  it('know where the focus is', () => {
    document.body.innerHTML = '<div data-queue><b id="row"></b></div><button id="button"></button><textarea id="text"></textarea>'
    const at = (id: string) => focusOf(document.getElementById(id))
    expect([at('row'), at('button'), at('text'), focusOf(document.body), focusOf(null)]).toEqual(['list', 'other', 'text', 'list', 'list'])
  })

  it('move within the list and stop at its ends', () => {
    const ids = ['a', 'b', 'c']
    expect(moved(ids, null, 'next')).toBe('a')
    expect(moved(ids, 'a', 'next')).toBe('b')
    expect(moved(ids, 'c', 'next')).toBe('c')
    expect(moved(ids, 'a', 'previous')).toBe('a')
    expect(moved(ids, 'gone', 'next')).toBe('a')
    expect(moved(ids, 'b', 'last')).toBe('c')
    expect(moved([], 'a', 'next')).toBeNull()
  })

  it('go on where a case stood that has left the list', () => {
    const ids = ['a', 'c', 'd']
    expect(moved(ids, 'b', 'next', 'c')).toBe('c')
    expect(moved(ids, 'b', 'previous', 'c')).toBe('a')
    expect(moved(ids, 'b', 'next', 'also gone')).toBe('a')
  })
})
