import { uuidv7 } from './ids'
import { readSetting, writeSetting } from './storage'

const KEY = 'gezhi-device'

/** The id of this browser on this device: made once, kept, never tied to a person. */
export function deviceId(): string {
  const kept = readSetting(KEY)
  if (kept) return kept
  const made = uuidv7()
  writeSetting(KEY, made)
  return made
}
