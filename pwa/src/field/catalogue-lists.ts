/** What forms choose from, also where there is no network. */
import type { Catalogue } from '../shared/types'
import { catalogue } from './matters'

/** All matters of the city, those of the category first; none on a phone that has never had the catalogue. */
export async function allMatters(category: string | null): Promise<Catalogue['matters']> {
  const all = (await catalogue())?.matters ?? []
  return [...all.filter((one) => one.category === category), ...all.filter((one) => one.category !== category)]
}

/** The categories of one tap. */
export async function allCategories(): Promise<Catalogue['categories']> {
  return (await catalogue())?.categories ?? []
}
