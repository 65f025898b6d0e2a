/** The outbox as the screens show it, always current. */
import { computed, shallowRef } from 'vue'
import { entries, unsent, watch, type Entry } from '../store/outbox'
import { author } from './session'

const all = shallowRef<Entry[]>([])
/** The runner stopped because the author of what waits is not signed in. */
export const wantsLogin = shallowRef(false)

/** What this person has made and the server has not confirmed, oldest first. */
export const unsentMine = computed(() => all.value.filter((one) => unsent(one) && one.author === author.value))
/** This person's entries of the last days, newest first. */
export const sentMine = computed(() => all.value.filter((one) => !unsent(one) && one.author === author.value).reverse())
/** Unsent entries of other people who use this phone: only their number is anybody's business. */
export const othersUnsent = computed(() => all.value.filter((one) => unsent(one) && one.author !== author.value).length)

/** Loads the outbox and keeps it current. */
export async function openQueue(): Promise<void> {
  watch((message) => {
    wantsLogin.value = message.type === 'login'
    void load()
  })
  await load()
}

async function load(): Promise<void> {
  all.value = await entries()
}
