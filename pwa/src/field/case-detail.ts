/** One case on the screen: what the phone keeps first, then the server, with the person's own edits. */
import { computed, onScopeDispose, shallowRef } from 'vue'
import { api, ApiProblem } from '../shared/api'
import { useFreshPhotos } from '../shared/photo-links'
import type { CaseDetail } from '../shared/types'
import { forget, keep, kept } from '../store/fetched'
import { withEdits } from './edits'
import { unsentMine } from './queue'
import { expire } from './session'
import { onMoved } from './tasks'

/** The detail of a case, kept current while the screen lives. */
export function useCase(id: string) {
  const path = `/cases/${id}`
  const fetched = shallowRef<{ value: CaseDetail; at: number } | null>(null)
  const stale = shallowRef(false)
  const problem = shallowRef<ApiProblem | null>(null)
  /** The server no longer shows it: it has gone to somebody else. */
  const gone = shallowRef(false)

  async function refresh(): Promise<void> {
    try {
      fetched.value = await keep(path, await api<CaseDetail>(path))
      stale.value = gone.value = false
      problem.value = null
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      if (error.status === 401) expire()
      gone.value = error.status === 404
      if (gone.value) await forget([path])
      stale.value = !gone.value
      problem.value = error
    }
  }

  async function open(): Promise<void> {
    const memory = await kept<CaseDetail>(path)
    if (memory && !fetched.value) fetched.value = memory
    await refresh()
  }

  onScopeDispose(onMoved((moved) => void (moved === id && refresh())))
  useFreshPhotos(refresh)
  void open()
  const detail = computed(() => (fetched.value ? withEdits(fetched.value.value, unsentMine.value) : null))
  const at = computed(() => (fetched.value ? new Date(fetched.value.at).toISOString() : null))
  return { detail, at, stale, problem, gone, refresh }
}
