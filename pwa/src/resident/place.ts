import type { Point } from '../shared/types'

export type GpsFailure = 'denied' | 'timeout' | 'unsupported'

const GPS_MS = 8000

/** Where the phone is, with the accuracy in metres; rejects with a GpsFailure. */
export function whereAmI(): Promise<{ point: Point; accuracy: number }> {
  return new Promise((resolve, reject: (failure: GpsFailure) => void) => {
    if (!('geolocation' in navigator)) return reject('unsupported')
    // Some in-app browsers never call back at all.
    const timer = setTimeout(() => reject('timeout'), GPS_MS + 2000)
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        clearTimeout(timer)
        resolve({ point: [round(coords.longitude), round(coords.latitude)], accuracy: Math.ceil(coords.accuracy) })
      },
      (error) => {
        clearTimeout(timer)
        reject(error.code === error.PERMISSION_DENIED ? 'denied' : error.code === error.TIMEOUT ? 'timeout' : 'unsupported')
      },
      { enableHighAccuracy: true, timeout: GPS_MS, maximumAge: 30_000 },
    )
  })
}

function round(degrees: number): number {
  return Number(degrees.toFixed(7))
}

/** Whether the phone may be asked where it is without a question popping up. */
export async function mayAskWhere(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: 'geolocation' })).state === 'granted'
  } catch {
    return false
  }
}
