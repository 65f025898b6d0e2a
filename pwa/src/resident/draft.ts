import { reactive, ref, toRaw, watch } from 'vue'
import { ApiProblem } from '../shared/api'
import { deviceId } from '../shared/device'
import { uuidv7 } from '../shared/ids'
import type { Point } from '../shared/types'
import type { Entry, NewEntry } from '../store/entry'
import { openOutbox } from './network'
import { secret } from '../shared/secret'
import { everUsed, store } from './store'
import { t } from './words'

export const STEPS = ['photo', 'place', 'category', 'send'] as const
export type StepName = (typeof STEPS)[number]
export const MAX_PHOTOS = 9

/** A report being made. Its id and secret are made first, so that sending twice is one report. */
export interface Draft {
  id: string
  secret: string
  photos: { key: string; blob: Blob }[]
  place: { point: Point; accuracy: number | null; origin: 'gps' | 'pin' } | null
  /** The place in words, as last heard. */
  label: string
  address: string
  /** 地点不确定: the address counts, not the pin. */
  byAddress: boolean
  category: string | null
  text: string
  danger: boolean
  /** The reporter's number, if they leave one, and whether those who handle it may see it. */
  phone: string
  hidden: boolean
  /** The camera is open: a page that wakes up like this was killed by it. */
  camera: boolean
  /** The refused report this one takes the place of. */
  replaces: string | null
}

const KEY = 'report'

/** An empty form. */
export function blank(): Draft {
  return {
    id: uuidv7(),
    secret: secret(),
    photos: [],
    place: null,
    label: '',
    address: '',
    byAddress: false,
    category: null,
    text: '',
    danger: false,
    phone: '',
    hidden: false,
    camera: false,
    replaces: null,
  }
}

/** Whether there is anything in it that a person made. */
export function hasContent(one: Draft): boolean {
  return one.photos.length > 0 || one.category !== null || one.text.trim() !== '' || one.address.trim() !== '' || one.place?.origin === 'pin'
}

/** What still has to be answered before it can be sent, in the order of the steps. */
export function missing(one: Draft, photoRequired: boolean): StepName[] {
  const gaps: StepName[] = []
  if (photoRequired && !one.photos.length) gaps.push('photo')
  if (one.byAddress ? !one.address.trim() : !one.place) gaps.push('place')
  if (!one.category) gaps.push('category')
  return gaps
}

/** The fields of the report as the outbox takes them. */
export function fieldsOf(one: Draft): Record<string, unknown> {
  return {
    secret: one.secret,
    category: one.category,
    matter: null,
    text: one.text.trim() || null,
    place:
      one.byAddress || !one.place
        ? null
        : { lng: one.place.point[0], lat: one.place.point[1], system: 'wgs84', accuracy_m: one.place.accuracy, origin: one.place.origin },
    address: one.address.trim() || null,
    danger: one.danger,
    ...(one.phone.trim() && { reporter: { name: null, phone: one.phone.trim(), hidden: one.hidden } }),
  }
}

/** The draft of this device; reactive, written to the disk at every change. */
export const draft = reactive<Draft>(blank())

/** The page was killed while the camera was open: say so once. */
export const cameraKilledPage = ref(false)

/** Why the draft could not be kept, or null. */
export const draftProblem = ref<ApiProblem | null>(null)

let writing: Promise<void> = Promise.resolve()

/** Writes the draft now; resolves when it is on the disk or has failed (then `draftProblem` says so). */
export function keepDraft(): Promise<void> {
  writing = writing.then(async () => {
    try {
      const { clearDraft, saveDraft } = await store()
      if (hasContent(draft) || draft.camera) await saveDraft(KEY, toRaw(draft))
      else await clearDraft(KEY)
      draftProblem.value = null
    } catch {
      draftProblem.value = new ApiProblem({ code: 'no_storage', detail: t('storage_detail'), action: t('storage_action') })
    }
  })
  return writing
}

function fill(with_: Draft) {
  Object.assign(draft, blank(), with_)
}

/** Brings back what was being made; called once, before the first screen. */
export async function restoreDraft(): Promise<void> {
  const kept = (await everUsed()) ? await store().then(({ loadDraft }) => loadDraft<Draft>(KEY)).catch(() => undefined) : undefined
  if (kept) {
    cameraKilledPage.value = kept.camera === true
    fill({ ...kept, camera: false })
  }
  watch(draft, () => void keepDraft(), { deep: true })
}

/** Throws the form away. */
export async function dropDraft(): Promise<void> {
  fill(blank())
  await keepDraft()
}

/** Shrinks the pictures and puts them in. Those that do not fit any more are counted; throws in the end when one was no picture. */
export async function addPhotos(files: Iterable<File>): Promise<number> {
  draft.camera = false
  const { shrink } = await store()
  let left = 0
  const bad: unknown[] = []
  for (const file of files) {
    if (draft.photos.length >= MAX_PHOTOS) left += 1
    else await shrink(file).then((blob) => draft.photos.push({ key: uuidv7(), blob }), (error) => bad.push(error))
  }
  await keepDraft()
  if (bad.length) throw bad[0]
  return left
}

/** Hands the report to the outbox; resolves with the id of its entry when it is safe on this device. */
export async function sendDraft(label: string): Promise<string> {
  const { resend, submit } = await store()
  const fields = fieldsOf(draft)
  const photos = draft.photos.map(({ blob }) => blob)
  const author = `device:${deviceId()}`
  const refused = draft.replaces ? await refusedEntry(draft.replaces) : undefined
  const made: NewEntry = { kind: 'report', id: draft.id, fields, photos, author, label }
  const entry = refused ? await resend(refused, fields, photos) : await submit(made)
  await openOutbox()
  await dropDraft()
  return entry.id
}

async function refusedEntry(id: string): Promise<Entry | undefined> {
  const found = await (await store()).entry(id)
  return found?.state === 'refused' ? found : undefined
}

/** Opens a refused report again as a form, with everything in it. */
export async function reopen(entry: Entry): Promise<void> {
  const fields = entry.fields as ReturnType<typeof fieldsOf> & {
    place: { lng: number; lat: number; accuracy_m: number | null; origin: 'gps' | 'pin' } | null
  }
  fill({
    ...blank(),
    secret: fields['secret'] as string,
    photos: entry.photos.map((blob) => ({ key: uuidv7(), blob })),
    place: fields.place && { point: [fields.place.lng, fields.place.lat], accuracy: fields.place.accuracy_m, origin: fields.place.origin },
    address: (fields['address'] as string | null) ?? '',
    byAddress: !fields.place,
    category: (fields['category'] as string | null | undefined) ?? null,
    text: (fields['text'] as string | null) ?? '',
    danger: fields['danger'] === true,
    phone: (fields['reporter'] as { phone?: string } | undefined)?.phone ?? '',
    hidden: (fields['reporter'] as { hidden?: boolean } | undefined)?.hidden === true,
    // What joined another case becomes a report of its own, under a secret of its own.
    replaces: entry.kind === 'report' ? entry.id : null,
  })
  await keepDraft()
}
