/** Coming and leaving. Loaded with the screen of the login or the menu. */
import { api } from '../shared/api'
import type { Session } from '../shared/types'
import { LEAVING, setFact } from '../store/db'
import { clearPerson } from '../store/logout'
import { run } from '../store/outbox'
import { ended, expire, PATH, settle } from './session'

/** @throws ApiProblem `bad_credentials`, `second_factor_needed`, `too_many_requests`, `no_connection`. */
export async function login(account: string, password: string, code: string): Promise<void> {
  const body = { account, password, ...(code && { code }) }
  const fresh = await api<Session>(PATH, { method: 'POST', body })
  await setFact(LEAVING, undefined)
  await settle(fresh)
  void run().catch(() => undefined)
}

/** Ends the session here and on the server. What was not sent stays, for its author alone. */
export async function logout(): Promise<void> {
  await setFact(LEAVING, true)
  const { forgetPush } = await import('./reminders')
  await forgetPush()
  await end().catch(() => undefined)
  await clearPerson()
  expire()
  ended.value = false
}

/** Ends the session on the server, for good. */
export async function end(): Promise<void> {
  await api(PATH, { method: 'DELETE' })
  await setFact(LEAVING, undefined)
}
