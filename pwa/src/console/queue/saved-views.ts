import { readSetting, writeSetting } from '../../shared/storage'
import { fromQuery, toQuery, type Filters } from './filters'

/** A named set of filters; `query` is its address. */
export interface SavedView {
  name: string
  query: string
}

const key = (user: string) => `gezhi-views-${user}`

/** The views that this person saved in this browser, oldest first; none when what is kept cannot be read. */
export function savedViews(user: string): SavedView[] {
  try {
    const kept: unknown = JSON.parse(readSetting(key(user)) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isView) : []
  } catch {
    return []
  }
}

/** Keeps these filters under the name; the same name again means the new filters. Answers all views. */
export function saveView(user: string, name: string, filters: Filters): SavedView[] {
  const view = { name: name.trim(), query: toQuery(filters) }
  const kept = savedViews(user)
  const at = kept.findIndex((other) => other.name === view.name)
  const views = at < 0 ? [...kept, view] : kept.map((other, index) => (index === at ? view : other))
  writeSetting(key(user), JSON.stringify(views))
  return views
}

/** Forgets the view of that name. Answers the others. */
export function removeView(user: string, name: string): SavedView[] {
  const views = savedViews(user).filter((view) => view.name !== name)
  writeSetting(key(user), JSON.stringify(views))
  return views
}

/** Whether the view shows exactly these filters. */
export function showsSame(view: SavedView, filters: Filters): boolean {
  return toQuery(fromQuery(view.query)) === toQuery(filters)
}

function isView(value: unknown): value is SavedView {
  return typeof value === 'object' && value !== null && 'name' in value && 'query' in value && typeof value.name === 'string' && typeof value.query === 'string'
}
