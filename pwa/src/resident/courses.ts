import { reactive } from 'vue'
import type { ApiProblem } from '../shared/api'
import type { Course } from '../shared/types'
import { fetchKept, type Kept } from '../shared/kept'
import { secretOf } from './network'

/** A list need not ask again so soon (milliseconds). */
const FRESH_MS = 20_000

/** Courses by receipt code, as last heard; reactive. */
export const courses = reactive(new Map<string, Kept<Course>>())

const asked = new Map<string, number>()

/** Asks for a course now; the problem when the server did not give one. */
export async function loadCourse(code: string): Promise<ApiProblem | null> {
  asked.set(code, Date.now())
  const secret = secretOf(code)
  return fetchKept<Course>(`/reports/${encodeURIComponent(code)}`, (kept) => courses.set(code, kept), secret ? { headers: { 'X-Gezhi-Secret': secret } } : {})
}

/** Asks for a course unless it was just asked for. */
export async function needCourse(code: string): Promise<void> {
  if (Date.now() - (asked.get(code) ?? 0) > FRESH_MS) await loadCourse(code)
}
