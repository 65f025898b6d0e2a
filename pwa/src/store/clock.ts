/**
 * Time as the server has it.
 *
 * Cheap phones are minutes off and people move the clock by hand. The difference to the server is
 * learnt from its answers and kept; within one page life the monotonic clock is the floor, so that
 * turning the clock back does not turn time back.
 */
import { uuidv7 } from '../shared/ids'
import { fact, setFact } from './db'

/** Below this the difference is network delay, not a wrong clock. */
const NOISE_MS = 2000

let skew = 0
let floor: { server: number; monotonic: number } | undefined

/** The kept difference, read once when a page or the worker starts. */
export async function loadClock(): Promise<void> {
  if (!floor) skew = (await fact<number>('skew')) ?? 0
}

/** Learns from a server time (milliseconds since 1970) that has just arrived. */
export function learn(server: number): void {
  if (!Number.isFinite(server)) return
  const found = server - Date.now()
  const next = Math.abs(found) < NOISE_MS ? 0 : found
  floor = { server: Date.now() + next, monotonic: performance.now() }
  if (Math.abs(next - skew) >= NOISE_MS || (next === 0 && skew !== 0)) void setFact('skew', next).catch(() => undefined)
  skew = next
}

/** Milliseconds since 1970 by the corrected clock. */
export function now(): number {
  const byClock = Date.now() + skew
  if (!floor) return byClock
  return Math.max(byClock, floor.server + performance.now() - floor.monotonic)
}

/** A moment of the monotonic clock; it means something only within the life of a page or worker. */
export interface Moment {
  life: string
  monotonic: number
}

const life = uuidv7()

/** This moment by the monotonic clock. */
export function moment(): Moment {
  return { life, monotonic: performance.now() }
}

/** Whole milliseconds since a moment; undefined when the monotonic clock has not run on since then. */
export function elapsedSince(then: Moment | undefined): number | undefined {
  return then?.life === life ? Math.round(performance.now() - then.monotonic) : undefined
}
