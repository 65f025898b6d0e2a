/** The worker's global scope, with the parts of it that TypeScript's own library does not know. */

export interface PrecacheEntry {
  url: string
  /** Null when the name already carries a hash. */
  revision: string | null
}

/** Background Sync (Chromium only). */
export interface SyncEvent extends ExtendableEvent {
  readonly tag: string
}

interface GezhiWorker extends ServiceWorkerGlobalScope {
  /** Written in by the build. */
  __WB_MANIFEST: PrecacheEntry[]
}

export const worker = globalThis as unknown as GezhiWorker
