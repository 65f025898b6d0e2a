/** Where the phone is: asked on a tap, used on the phone, never followed in the background. */
import { lastFix, type Fix } from './last-fix'

export type NoFix = 'denied' | 'timeout' | 'unsupported'

const OPTIONS: PositionOptions = { enableHighAccuracy: true, timeout: 12_000, maximumAge: 20_000 }

/** One fix, or why there is none. */
export function locate(): Promise<Fix | NoFix> {
  return new Promise((resolve) => {
    if (!('geolocation' in navigator)) return resolve('unsupported')
    navigator.geolocation.getCurrentPosition((position) => resolve(take(position)), (error) => resolve(reason(error)), OPTIONS)
  })
}

/** Fixes as they get better, while a screen needs them; returns the way to stop. */
export function follow(onFix: (fix: Fix) => void, onNone: (why: NoFix) => void): () => void {
  if (!('geolocation' in navigator)) {
    onNone('unsupported')
    return () => undefined
  }
  const id = navigator.geolocation.watchPosition((position) => onFix(take(position)), (error) => onNone(reason(error)), OPTIONS)
  return () => navigator.geolocation.clearWatch(id)
}

function take({ coords }: GeolocationPosition): Fix {
  lastFix.value = { point: [coords.longitude, coords.latitude], accuracyM: Math.round(coords.accuracy) }
  return lastFix.value
}

function reason(error: GeolocationPositionError): NoFix {
  return error.code === error.PERMISSION_DENIED ? 'denied' : 'timeout'
}
