declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null }[] }

/** The files of the phone doors, as the build lists them. */
export const files = self.__WB_MANIFEST
