/** What waits for me: kept on the phone, refreshed when the server says that something moved. */
import { computed, ref, shallowReactive, shallowRef, watch } from 'vue'
import { live } from '../live'
import { api, ApiProblem } from '../shared/api'
import { language } from '../shared/language'
import { boxOf } from '../shared/map'
import type { CaseDetail, CaseItem, CasePage, GridCollection, GridFeature } from '../shared/types'
import { learn, now } from '../store/clock'
import { forget, keep, kept, keptPaths } from '../store/fetched'
import { watch as watchOutbox } from '../store/outbox'
import { withEdits, type Edited } from './edits'
import { keepCatalogue } from './matters'
import { unsentMine } from './queue'
import { expire, session } from './session'

const LIST = '/cases?view=mine&limit=50'
/** Four pages are more than anybody does in a day. */
const MOST_PAGES = 4
/** If the stream is silent for some reason, a visible page still catches up. */
const EVERY_MS = 60_000
/** Several events in a row are one question. */
const CALM_MS = 200
/** About 800 m around the outermost task. */
const MARGIN = 0.007

const USUAL = ['sign', 'handle', 'verify']
const items = shallowRef<CaseItem[] | null>(null)
/** ISO time of what is shown; null before the first answer. */
export const asOf = ref<string | null>(null)
/** The last attempt to refresh failed: what is shown is old. */
export const stale = ref(false)
export const problem = shallowRef<ApiProblem | null>(null)
export const grids = shallowRef<GridCollection | null>(null)
/** Names of the tasks that are not signing, handling or verifying; they come with the first such task. */
export const taskNames = shallowReactive<Record<string, string>>({})
/** Ids of tasks that came while the page was open, to be pointed out. */
export const arrived = shallowRef<string[]>([])
/** The corrected clock, ticking, for words like 还有 25 分钟. */
export const clock = ref(now())

/** My tasks with my own unsent edits; null while nothing is known yet. */
export const tasks = computed(() => items.value?.map((item) => withEdits(item, unsentMine.value)) ?? null)
/** Still to do by me; what a desk has to accept or dispatch has no task of this door, and waits all the same. */
export const todo = computed(() => tasks.value?.filter((item) => !isDone(item)) ?? null)
/** Done by me, not yet sent. */
export const doneUnsent = computed(() => tasks.value?.filter(isDone) ?? [])

function isDone(item: Edited<CaseItem>): boolean {
  return item.task === null && item.edits.length > 0 && !item.refused
}

const moved = new Set<(caseId: string) => void>()

/** Calls back when a case has moved on the server; returns the way to stop. */
export function onMoved(callback: (caseId: string) => void): () => void {
  moved.add(callback)
  return () => moved.delete(callback)
}

let close: (() => void) | undefined

/** Shows what is kept, then follows the server until `closeTasks`. */
export async function openTasks(): Promise<void> {
  if (close) return
  const stops = [
    // Names of matters and states come from the server in the reader's language.
    watch(language, () => void refresh()),
    live((event) => {
      for (const callback of moved) callback(event.case_id)
      soon()
      // When the stream opens something may have been missed; when it breaks, the answer tells whether the network is gone.
    }, soon, soon),
    watchOutbox((message) => {
      if (message.type !== 'sent' && message.type !== 'refused') return
      if (message.caseId) for (const callback of moved) callback(message.caseId)
      soon()
    }),
  ]
  const timer = setInterval(() => void (document.visibilityState === 'visible' && refresh()), EVERY_MS)
  const tick = setInterval(() => (clock.value = now()), 15_000)
  const visible = () => void (document.visibilityState === 'visible' && refresh())
  document.addEventListener('visibilitychange', visible)
  const offline = () => (stale.value = true)
  addEventListener('online', visible)
  // A photo whose link is over; the same link fails only once.
  document.addEventListener('error', soon, true)
  addEventListener('offline', offline)
  close = () => {
    stops.forEach((stop) => stop())
    clearInterval(timer)
    clearInterval(tick)
    document.removeEventListener('visibilitychange', visible)
    removeEventListener('online', visible)
    document.removeEventListener('error', soon, true)
    removeEventListener('offline', offline)
  }
  await showKept()
  await refresh()
}

/** Stops following and empties the screen, after a logout. */
export function closeTasks(): void {
  close?.()
  close = undefined
  items.value = asOf.value = grids.value = null
  arrived.value = []
}

let calm: ReturnType<typeof setTimeout> | undefined
function soon(): void {
  clearTimeout(calm)
  calm = setTimeout(() => void refresh(), CALM_MS)
}

/** Asks for my tasks; keeps what is shown when there is no answer. */
export async function refresh(): Promise<void> {
  if (!session.value?.user) return
  try {
    const page = await allPages()
    const before = items.value
    if (before && asOf.value) pointOut(before, page.items)
    await keep(LIST, page)
    showPage(page)
    stale.value = false
    problem.value = null
    await Promise.all([keepDetails(page.items), drawGrids(page.items), page.items.length ? keepCatalogue() : undefined])
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error
    if (error.status === 401) expire()
    stale.value = true
    problem.value = error
  }
}

async function showKept(): Promise<void> {
  const [list, map] = await Promise.all([kept<CasePage>(LIST), kept<GridCollection>('/grids')])
  if (list && !items.value) showPage(list.value)
  if (map) grids.value = map.value
}

function showPage(page: CasePage): void {
  clock.value = now()
  items.value = page.items
  asOf.value = page.as_of
  if (page.items.some(({ task }) => task && !USUAL.includes(task))) void import('./task-names').then(({ names }) => Object.assign(taskNames, names()), () => undefined)
}

async function allPages(): Promise<CasePage> {
  let page = await api<CasePage>(LIST)
  learn(Date.parse(page.as_of))
  const all = [...page.items]
  for (let number = 1; page.next_cursor && number < MOST_PAGES; number += 1) {
    page = await api<CasePage>(`${LIST}&cursor=${encodeURIComponent(page.next_cursor)}`)
    all.push(...page.items)
  }
  return { ...page, items: all.sort((one, other) => dueTime(one) - dueTime(other)) }
}

/** What is due first comes first; what has no deadline, last. */
function dueTime({ due_at: due }: CaseItem): number {
  return due ? Date.parse(due) : Number.MAX_SAFE_INTEGER
}

function pointOut(before: CaseItem[], after: CaseItem[]): void {
  const had = new Set(before.map(({ id }) => id))
  const fresh = after.filter(({ id }) => !had.has(id)).map(({ id }) => id)
  if (!fresh.length) return
  arrived.value = fresh
  navigator.vibrate?.(60)
}

/** Every task can be opened without a network; what is no longer mine is forgotten. */
async function keepDetails(list: CaseItem[]): Promise<void> {
  const wanted = new Map(list.map((item) => [`/cases/${item.id}`, item]))
  const here = await keptPaths('/cases/')
  await forget(here.filter((path) => !wanted.has(path)))
  for (const [path, item] of wanted) {
    const known = await kept<CaseDetail>(path)
    if (known?.value.seq !== item.seq || known.value.version !== item.version) await keep(path, await api<CaseDetail>(path))
  }
}

/** Grids around the tasks, or those of my own community while there is no task. */
async function drawGrids(list: CaseItem[]): Promise<void> {
  const box = boxOf(list.flatMap(({ place }) => (place.point ? [place.point] : [])))
  const path = box ? `/places/grids.geojson?bbox=${around(box).join(',')}` : ownGrids()
  if (!path || (await kept<string>('/grids/path'))?.value === path) return
  try {
    const answer = await api<GridCollection | GridFeature>(path)
    const collection: GridCollection = answer.type === 'Feature' ? { type: 'FeatureCollection', features: [answer] } : answer
    grids.value = (await keep('/grids', collection)).value
    await keep('/grids/path', path)
  } catch (error) {
    // 422: more than 400 grids in the box. Without shapes the pins still tell where.
    if (!(error instanceof ApiProblem)) throw error
  }
}

function around([west, south, east, north]: [number, number, number, number]): number[] {
  return [west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN].map((degree) => Number(degree.toFixed(3)))
}

function ownGrids(): string | undefined {
  const region = session.value?.posts[0]?.region
  if (!region || region.code.length < 9) return undefined
  return `/places/${region.code.slice(0, 12)}/children.geojson`
}
