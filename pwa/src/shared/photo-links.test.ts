// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import { isOver, useFreshPhotos } from './photo-links'

const NOW = 1_800_000_000
const link = (until: number, sha = 'a') => `/api/v1/media/${sha.repeat(64)}?size=thumb&until=${until}&sig=00`

describe('a link to a photo', () => {
  it('is over from its last second on', () => {
    expect(isOver(link(NOW), (NOW - 1) * 1000)).toBe(false)
    expect(isOver(link(NOW), NOW * 1000)).toBe(true)
    expect(isOver('blob:http://localhost/1')).toBe(false)
  })
})

describe('photos whose links are over', () => {
  let scope: EffectScope
  const refetch = vi.fn()

  /** A photo on the page that does not come. */
  function fail(src: string) {
    const image = document.createElement('img')
    image.setAttribute('src', src)
    document.body.append(image)
    image.dispatchEvent(new Event('error'))
  }

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW * 1000 })
    refetch.mockClear()
    scope = effectScope()
    scope.run(() => useFreshPhotos(refetch))
  })
  afterEach(() => {
    scope.stop()
    vi.restoreAllMocks()
    vi.useRealTimers()
    document.body.replaceChildren()
  })

  it('are asked for again, all at once and once a link', () => {
    fail(link(NOW - 1))
    fail(link(NOW - 1, 'b'))
    vi.runAllTimers()
    expect(refetch).toHaveBeenCalledTimes(1)
    fail(link(NOW - 1))
    vi.runAllTimers()
    expect(refetch).toHaveBeenCalledTimes(1)
    fail(link(NOW - 1, 'c'))
    vi.runAllTimers()
    expect(refetch).toHaveBeenCalledTimes(2)
  })

  it('are not asked for when the link still works or the page has gone', () => {
    fail(link(NOW + 60))
    scope.stop()
    fail(link(NOW - 1))
    vi.runAllTimers()
    expect(refetch).not.toHaveBeenCalled()
  })

  it('wait for a network', () => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    fail(link(NOW - 1))
    vi.runAllTimers()
    expect(refetch).not.toHaveBeenCalled()
    dispatchEvent(new Event('online'))
    vi.runAllTimers()
    expect(refetch).toHaveBeenCalledTimes(1)
  })
})
