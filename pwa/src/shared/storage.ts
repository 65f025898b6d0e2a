/**
 * Small settings of this device. A browser may forbid storage (private windows, some in-app browsers):
 * then a setting lasts as long as the page.
 */
const fallback = new Map<string, string>()

/** The kept value, or null. */
export function readSetting(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? fallback.get(key) ?? null
  } catch {
    return fallback.get(key) ?? null
  }
}

/** Keeps the value on this device. */
export function writeSetting(key: string, value: string): void {
  fallback.set(key, value)
  try {
    localStorage.setItem(key, value)
  } catch {
    // Kept for this page only.
  }
}
