import { fact } from './db'

/**
 * How many things this phone had promised to send and no longer has, because the browser threw its storage
 * away: the cookie remembers the number, the counter in the storage is gone. 0 when all is well.
 */
export async function lostEntries(): Promise<number> {
  const promised = Number(/(?:^|; )pending=(\d+)/.exec(document.cookie)?.[1] ?? 0)
  return promised > 0 && (await fact('seq')) === undefined ? promised : 0
}
