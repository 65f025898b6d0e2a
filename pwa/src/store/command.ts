import { elapsedSince } from './clock'
import type { Entry } from './entry'

/** The JSON that crosses the wire in `POST /commands`. */
export function command(entry: Entry): Record<string, unknown> {
  const body: Record<string, unknown> = {
    ...entry.fields,
    kind: entry.kind,
    id: entry.id,
    occurred_at: entry.occurredAt,
  }
  // The monotonic clock bears out when it was made, as long as it has run on since (rule C5).
  const elapsed = entry.kind === 'report' || entry.kind === 'join' ? undefined : elapsedSince(entry.made)
  if (elapsed !== undefined) body.elapsed_ms = elapsed
  // The same picture twice is one photo.
  const photos = [...new Set(entry.hashes)]
  if (entry.kind === 'report' || photos.length) body.photos = photos
  if (entry.kind === 'report' && entry.fields.settle) {
    const first = entry.hashes.length - (entry.settledPhotos ?? 0)
    body.photos = [...new Set(entry.hashes.slice(0, first))]
    body.settle = { ...(entry.fields.settle as object), photos: [...new Set(entry.hashes.slice(first))] }
  }
  if (entry.kind === 'join') body.case_id = entry.caseId
  if (entry.kind === 'report' && entry.replaces) body.replaces = entry.replaces
  if (entry.kind === 'note') body.receipt_code = entry.receiptCode
  if (entry.kind === 'action') {
    body.case_id = entry.caseId
    if (entry.after) {
      body.after = entry.after
      delete body.version
    }
  }
  return body
}
