/** What the city's catalogue asks of a matter, also where there is no network. */
import { api, ApiProblem } from '../shared/api'
import type { Catalogue } from '../shared/types'
import { now } from '../store/clock'
import { keep, kept } from '../store/fetched'

/** A matter as cases and categories name it. */
type Named = { kind: string; code: string } | null

const PATH = '/matters'
const FRESH_MS = 24 * 3600 * 1000

/** False where a verification is accepted from anywhere; true also for a matter of which the phone knows nothing. */
export async function verifiedOnSite(matter: Named): Promise<boolean> {
  const found = await rowOf(matter)
  return !found || found.verification === 'on_site'
}

/** True where the server takes no answer to a case without a photo of afterwards. */
export async function handledWithPhoto(matter: Named): Promise<boolean> {
  return (await rowOf(matter))?.photo_handle === 'required'
}

/** Sees to it that the phone has the catalogue before the network is gone. */
export async function keepCatalogue(): Promise<void> {
  const known = await kept<Catalogue>(PATH)
  if (!known || now() - known.at > FRESH_MS) await catalogue()
}

async function rowOf(matter: Named): Promise<Catalogue['matters'][number] | undefined> {
  return (await catalogue())?.matters.find(({ kind, code }) => kind === matter?.kind && code === matter.code)
}

/** The catalogue as the phone can have it now. */
export async function catalogue(): Promise<Catalogue | undefined> {
  try {
    return (await keep(PATH, await api<Catalogue>(PATH))).value
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error
    return (await kept<Catalogue>(PATH))?.value
  }
}
