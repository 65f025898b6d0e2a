import { keepPreviousData, QueryCache, QueryClient, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { api, ApiProblem } from '../shared/api'
import { grids, needGrids } from '../shared/grids'
import { language } from '../shared/language'
import { useFreshPhotos } from '../shared/photo-links'
import type { ActionAnswer, Assignee, CaseCounts, CaseDetail, CasePage, Catalogue, GridCollection, GridFeature, NotAdopted, Region, SavedFilter, Session, SimilarCase } from '../shared/types'
import { learnClock } from './clock'
import { toRequest, type Filters } from './queue/filters'

/** Cases of one page of the queue. */
const PAGE = 50
/** The queue is asked again this often even when the live stream is silent: a lost stream must not look like a calm day. */
const AGAIN_MS = 30_000
/** A photo is made ready within a second or two. */
const PHOTO_MS = 2000
/** Shapes and the catalogue change by the month. */
const LONG = { staleTime: 30 * 60_000, gcTime: 60 * 60_000 }

/** The console's store of answers. An answer "not signed in" anywhere shows the sign-in, what was typed stays. */
export function makeClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => noteSignedOut(client, error) }),
    // Without a network a question fails at once and says so, instead of waiting for ever.
    defaultOptions: { queries: { retry: (count, error) => isPassing(error) && count < 2, staleTime: 5000, networkMode: 'always', refetchOnReconnect: true } },
  })
  return client
}

/** Shows the sign-in when the server no longer knows the session. */
export function noteSignedOut(client: QueryClient, error: unknown): void {
  if (error instanceof ApiProblem && error.code === 'not_signed_in') void client.invalidateQueries({ queryKey: ['session'] })
}

/** Whether asking again may help: no answer, or a busy server. */
function isPassing(error: unknown): boolean {
  return error instanceof ApiProblem && (error.status === 0 || error.status >= 500)
}

export function useSession() {
  return useQuery({ queryKey: ['session', language], queryFn: () => api<Session>('/session'), staleTime: 60_000, placeholderData: keepPreviousData })
}

/** The queue under these filters, page after page. */
export function useQueue(filters: Ref<Filters>) {
  return useInfiniteQuery({
    queryKey: ['cases', filters, language],
    queryFn: async ({ pageParam, signal }) => {
      const page = await api<CasePage>(toRequest(filters.value, pageParam, PAGE), { signal })
      learnClock(page.as_of)
      return page
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  })
}

export function useCase(id: Ref<string | null>) {
  const query = useQuery({
    queryKey: ['case', id, language],
    queryFn: ({ signal }) => api<CaseDetail>(`/cases/${id.value}`, { signal }),
    enabled: computed(() => id.value !== null),
    refetchInterval: ({ state }) => (state.data?.photos.some(({ ready }) => !ready) ? PHOTO_MS : AGAIN_MS),
  })
  useFreshPhotos(() => id.value && query.refetch())
  return query
}

/** What somebody is looked for. */
export type Purpose = 'assign' | 'offer' | 'delegate' | 'expert' | 'units'

export function useAssignees(id: Ref<string>, purpose: Ref<Purpose>) {
  return useQuery({ queryKey: ['assignees', id, purpose, language], queryFn: ({ signal }) => api<{ items: Assignee[] }>(`/cases/${id.value}/assignees?purpose=${purpose.value}`, { signal }) })
}

/** Open duplicates of a case, and closed ones of which it may be a relapse. */
export function useSimilar(id: Ref<string>) {
  return useQuery({ queryKey: ['similar', id, language], queryFn: ({ signal }) => api<{ items: SimilarCase[] }>(`/cases/${id.value}/similar`, { signal }), staleTime: 60_000 })
}

/** What came too late for a case and was not adopted yet. */
export function useNotAdopted(id: Ref<string>) {
  return useQuery({ queryKey: ['not-adopted', id, language], queryFn: ({ signal }) => api<{ items: NotAdopted[] }>(`/cases/${id.value}/not-adopted`, { signal }) })
}

/** Cases whose number begins like this; asked from four characters on. */
export function useByNumber(number: Ref<string>) {
  return useQuery({
    queryKey: ['by-number', number, language],
    queryFn: ({ signal }) => api<CasePage>(`/cases?view=scope&limit=10&q=${encodeURIComponent(number.value)}`, { signal }),
    enabled: computed(() => number.value.length >= 4),
    staleTime: 30_000,
  })
}

/** Numbers of open cases for the tabs, of a region or of all that one sees. */
export function useCounts(view: 'scope' | 'mine', place: Ref<string | null>) {
  return useQuery({
    queryKey: ['counts', view, place],
    queryFn: ({ signal }) => api<CaseCounts>(`/cases/counts?view=${view}${place.value ? `&place=${place.value}` : ''}`, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  })
}

export function useSavedFilters() {
  return useQuery({ queryKey: ['filters'], queryFn: ({ signal }) => api<{ items: SavedFilter[] }>('/filters', { signal }), staleTime: 60_000 })
}

/** The grids that a map has looked at, and the way to say where it looks. */
export function useGridsIn() {
  return { grids, look: (box: [number, number, number, number]) => void needGrids(box) }
}

export function useCatalogue() {
  return useQuery({ queryKey: ['matters', language], queryFn: ({ signal }) => api<Catalogue>('/matters', { signal }), ...LONG })
}

/** A region with its path from the city down. */
export interface Place extends Region {
  parent: string | null
  bbox: [number, number, number, number]
  path: Region[]
}

export function usePlace(code: Ref<string>) {
  return useQuery({ queryKey: ['place', code, language], queryFn: ({ signal }) => api<Place>(`/places/${code.value}`, { signal }), placeholderData: keepPreviousData, ...LONG })
}

export function useChildren(code: Ref<string>) {
  return useQuery({ queryKey: ['children', code, language], queryFn: ({ signal }) => api<{ items: Region[] }>(`/places/${code.value}/children`, { signal }), ...LONG })
}

/** The regions right under one as shapes; under a grid, which has none, the grid itself. */
export function useShapes(code: Ref<string>) {
  return useQuery({
    queryKey: ['shapes', code],
    queryFn: async ({ signal }): Promise<GridCollection> => {
      const children = await api<GridCollection>(`/places/${code.value}/children.geojson`, { signal })
      if (children.features.length) return children
      return { type: 'FeatureCollection', features: [await api<GridFeature>(`/places/${code.value}.geojson`, { signal })] }
    },
    ...LONG,
  })
}

/** Sends an action and brings everything on the screen up to date, whatever the answer was. */
export function useSend() {
  const client = useQueryClient()
  return async (caseId: string, body: Record<string, unknown>): Promise<ActionAnswer> => {
    try {
      const answer = await api<ActionAnswer>(`/cases/${caseId}/actions`, { body })
      if (answer.case) client.setQueriesData({ queryKey: ['case', caseId] }, answer.case)
      return answer
    } catch (error) {
      noteSignedOut(client, error)
      throw error
    } finally {
      void client.invalidateQueries({ queryKey: ['case', caseId] })
      void client.invalidateQueries({ queryKey: ['assignees', caseId] })
      void client.invalidateQueries({ queryKey: ['not-adopted', caseId] })
      void client.invalidateQueries({ queryKey: ['cases'] })
      void client.invalidateQueries({ queryKey: ['counts'] })
    }
  }
}
