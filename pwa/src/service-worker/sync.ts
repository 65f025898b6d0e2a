/** Background Sync where the browser has it: a bonus, never the path. */
import { run } from '../store/runner'
import { worker, type SyncEvent } from './scope'

export function offerSync(): void {
  worker.addEventListener('sync', (event) => {
    if ((event as SyncEvent).tag === 'outbox') (event as SyncEvent).waitUntil(send())
  })
}

/** Rejecting asks the browser for another try. */
async function send(): Promise<void> {
  if ((await run()) === 'later') throw new Error('later')
}
