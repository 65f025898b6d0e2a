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

declare global {
  interface WorkerGlobalScope {
    /** Written in by the build, which looks for `self.__WB_MANIFEST` to the letter. */
    __WB_MANIFEST: PrecacheEntry[]
  }
}

export const worker = globalThis as unknown as ServiceWorkerGlobalScope
