/**
 * The one that sends. Oldest first, photos before the entry that names them, one runner per browser under a
 * Web Lock, until nothing is left that may be sent now.
 */
import { entries } from './entries'
import { change, forgetSent } from './entry-changes'
import { fact, LEAVING, setFact } from './db'
import { unsent, type Entry, type Problem } from './entry'
import { announce } from './outbox-channel'
import { asProblem, NotNow, passing, postCommands, putPhoto, Refused, sessionAuthor, SignInNeeded, type CommandResult } from './transport'

/**
 * empty: nothing waits. parked: only refused ones are left. later: no connection or the server asked for time.
 * login: what is left waits for its author to sign in.
 */
export type RunResult = 'empty' | 'parked' | 'later' | 'login'

const BATCH = 50
const FIRST_WAIT_MS = 2000
const LONGEST_WAIT_MS = 300_000
/** A command whose photos the server keeps missing is not sent a third time in one run. */
const TRIES_PER_RUN = 2

interface Pause {
  count: number
  /** Milliseconds, device clock. */
  until: number
}

/**
 * Sends what can be sent. Without `force` it keeps to the pause after a failure; a person's act, the network
 * coming back and a push are reasons to force.
 */
export async function run(force = true): Promise<RunResult> {
  return underLock(async () => {
    if (!(await entries()).some(mayTry)) return rest()
    if (!force && (await pauseUntil()) > Date.now()) return 'later'
    if (navigator.onLine === false) return 'later'
    const result = await new Run().drain()
    await (result === 'later' ? undefined : setFact('pause', undefined))
    return result
  })
}

/** When the next unforced try is due (milliseconds, device clock); 0 when there is no pause. */
export async function pauseUntil(): Promise<number> {
  return (await fact<Pause>('pause'))?.until ?? 0
}

/** The pause after the `count`-th failure in a row, without jitter: 2 s doubling to 5 minutes. */
export function waitAfter(count: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - 1))
}

class Run {
  private readonly uploaded = new Set<string>()
  private readonly tries = new Map<string, number>()
  private batchLimit = BATCH
  /** Asked once a run, and only when somebody's entries wait: undefined until then. */
  private author: string | null | undefined

  async drain(): Promise<RunResult> {
    try {
      for (let batch = await this.next(); batch.length; batch = await this.next()) await this.send(batch)
    } catch (error) {
      for (const one of await entries()) if (one.state === 'sending') await change(one.id, { state: 'waiting' })
      if (error instanceof SignInNeeded) return this.needsLogin()
      if (!(error instanceof NotNow)) throw error
      await pause(error.after)
      return 'later'
    }
    await forgetSent()
    return rest(() => this.needsLogin())
  }

  /** The next batch: one author, in order, every photo already on the server. */
  private async next(): Promise<Entry[]> {
    const all = await entries()
    const ready = await this.ready(all)
    const first = ready[0]
    if (!first) return []
    if ((this.tries.get(first.id) ?? 0) >= TRIES_PER_RUN) throw new NotNow()
    if (!(await this.upload(first))) return this.next()
    const batch: Entry[] = []
    for (const one of ready) {
      const fits = one.author === first.author && one.hashes.every((hash) => this.uploaded.has(hash))
      if (!fits || batch.length === this.batchLimit) break
      batch.push(one)
    }
    return batch
  }

  private async ready(all: Entry[]): Promise<Entry[]> {
    const open = all.filter((one) => mayTry(one) && !waitsForRefused(one, all))
    if (this.author === undefined && open.some((one) => one.author.startsWith('user:'))) this.author = (await fact(LEAVING)) ? null : await sessionAuthor()
    return open.filter((one) => one.author.startsWith('device:') || one.author === this.author)
  }

  /** False when the server will never take one of its photos: the entry is then refused. */
  private async upload(one: Entry): Promise<boolean> {
    const missing = [...new Set(one.hashes)].filter((hash) => !this.uploaded.has(hash))
    if (missing.length) await change(one.id, { state: 'sending' })
    try {
      for (const hash of missing) {
        const photo = one.photos[one.hashes.indexOf(hash)]
        if (photo) await putPhoto(hash, photo, one)
        this.uploaded.add(hash)
      }
      return true
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      await refuse(one, error.problem)
      return false
    }
  }

  private async send(batch: Entry[]): Promise<void> {
    for (const one of batch) {
      this.tries.set(one.id, (this.tries.get(one.id) ?? 0) + 1)
      await change(one.id, { state: 'sending', attempts: one.attempts + 1 })
    }
    let results: CommandResult[]
    try {
      results = await postCommands(batch)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (batch.length === 1) return refuse(batch[0]!, error.problem)
      // One bad command must not hold the others back: find it by sending one at a time.
      this.batchLimit = 1
      for (const one of batch) this.tries.delete(one.id)
      return
    }
    let later: NotNow | undefined
    for (const [place, one] of batch.entries()) later = (await this.settle(one, results[place]!)) ?? later
    if (later) throw later
  }

  /** Writes down what the server said about one entry; a NotNow when it has to be tried again. */
  private async settle(one: Entry, { status, body }: CommandResult): Promise<NotNow | undefined> {
    if (status === 401) throw new SignInNeeded()
    if (passing(status, body.code)) return new NotNow(typeof body.retry_after === 'number' ? body.retry_after : undefined)
    if (status >= 300) {
      await refuse(one, asProblem(status, body))
      return undefined
    }
    const missing = (body.missing_photos as string[] | undefined) ?? []
    if (missing.length) {
      for (const hash of missing) this.uploaded.delete(hash)
      return undefined
    }
    await change(one.id, { state: 'sent', result: body, photos: [], sentAt: Date.now(), problem: undefined })
    announce({ type: 'sent', id: one.id, ...(one.caseId && { caseId: one.caseId }) })
    return undefined
  }

  private needsLogin(): RunResult {
    announce({ type: 'login' })
    return 'login'
  }
}

function mayTry(one: Entry): boolean {
  return one.state === 'waiting' || one.state === 'sending'
}

/** Its predecessor, or the predecessor's predecessor, was refused: it must wait for the person's decision. */
function waitsForRefused(one: Entry, all: Entry[]): boolean {
  const before = all.find((other) => other.id === one.after)
  if (!before || !unsent(before)) return false
  return before.state === 'refused' || waitsForRefused(before, all)
}

async function rest(login: () => RunResult = () => 'login'): Promise<RunResult> {
  const all = await entries()
  if (all.some((one) => mayTry(one) && !waitsForRefused(one, all))) return login()
  return all.some(unsent) ? 'parked' : 'empty'
}

async function refuse(one: Entry, problem: Problem): Promise<void> {
  await change(one.id, { state: 'refused', problem })
  announce({ type: 'refused', id: one.id, ...(one.caseId && { caseId: one.caseId }) })
}

async function pause(after?: number): Promise<void> {
  const count = ((await fact<Pause>('pause'))?.count ?? 0) + 1
  const jitter = 0.75 + Math.random() / 2
  const wait = after === undefined ? Math.min(LONGEST_WAIT_MS, waitAfter(count) * jitter) : after * 1000
  await setFact('pause', { count, until: Date.now() + wait } satisfies Pause)
}

let queue: Promise<unknown> = Promise.resolve()

/** Web Locks keep it to one runner per browser; without them (old WebViews) to one per page. */
function underLock<T>(work: () => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager }).locks
  if (locks) return locks.request('outbox', work) as Promise<T>
  const mine = queue.then(work)
  queue = mine.catch(() => undefined)
  return mine
}
