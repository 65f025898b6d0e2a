/** What the resident door uses of the device's store, in one chunk. */
export { clearDraft, loadDraft, saveDraft } from '../store/drafts'
export { discard } from '../store/entry-changes'
export { entries, entry, lostEntries, prepare, resend, startRunner, submit, watch } from '../store/outbox'
export { shrink } from '../store/photos'
