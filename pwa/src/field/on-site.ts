/** Whether a matter is verified on the spot, as the city's catalogue says. */
import { api, ApiProblem } from '../shared/api'
import type { CaseItem, Catalogue } from '../shared/types'
import { keep, kept } from '../store/fetched'

const PATH = '/matters'

/** False where a verification is accepted from anywhere; true also for a matter of which the phone knows nothing. */
export async function verifiedOnSite(matter: CaseItem['matter']): Promise<boolean> {
  const found = (await catalogue())?.matters.find(({ kind, code }) => kind === matter?.kind && code === matter.code)
  return !found || found.verification === 'on_site'
}

async function catalogue(): Promise<Catalogue | undefined> {
  try {
    return (await keep(PATH, await api<Catalogue>(PATH))).value
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error
    return (await kept<Catalogue>(PATH))?.value
  }
}
