import { deviceId } from '../shared/device'
import { fact, setFact } from './db'
import type { Maker } from './entry-add'

/** A page knows its device and language; it leaves them for the worker, which has no localStorage. */
export async function maker(): Promise<Maker> {
  const made = { device: deviceId(), language: document.documentElement.lang || 'zh-CN' }
  const known = await fact<Maker>('maker')
  if (known?.device !== made.device || known.language !== made.language) await setFact('maker', made)
  return made
}
