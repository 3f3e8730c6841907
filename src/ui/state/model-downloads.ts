import { batch, createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import { type ModelAddress, modelAddressText } from '../../protocol/model-address.ts'
import type { Progress, Studio, Unfinished } from '../../protocol/studio.ts'
import { BytePace } from './clock.ts'
import type { ModelState } from './models.ts'

export type ModelDownloads = ReturnType<typeof createModelDownloads>

/** A download that goes on. */
export interface Downloading {
  address: ModelAddress
  name: string
  /** What is being done, where it is not the bytes. */
  note: string
  share: number | null
  done: number
  total: number | null
  /** Bytes a second, and seconds left; NaN until that can be said. */
  rate: number
  left: number
  pausing: boolean
}

/** Whether two addresses are of one model, whatever revision each of them names. */
function isSame(a: ModelAddress, b: ModelAddress): boolean {
  const plain = (of: ModelAddress) => modelAddressText(of.kind === 'hub' ? { ...of, revision: 'main' } : of)
  return plain(a) === plain(b)
}

/** Models that are fetched from elsewhere: one at a time, paused and gone on with at a press, in this visit or another. */
export function createModelDownloads(studio: Studio, models: ModelState, onStored: () => void) {
  const [now, setNow] = createSignal<Downloading | null>(null)
  const [unfinished, setUnfinished] = createSignal<Unfinished[]>([])
  const [failed, setFailed] = createSignal<{ of: string; failure: Failure } | null>(null)
  let stopping: AbortController | null = null

  async function refresh(): Promise<void> {
    // A list that cannot be read is told by what is asked of the store next.
    const left = await studio.models.unfinished().catch(() => [])
    batch(() => {
      setUnfinished(left)
      // That another tab is at it is over with that.
      if (failed()?.failure.code === 'bad_state' && !left.some(({ going }) => going)) setFailed(null)
    })
  }

  async function start(address: ModelAddress, name: string): Promise<void> {
    if (now()) return
    const abort = (stopping = new AbortController())
    const pace = new BytePace()
    batch(() => {
      setFailed(null)
      setNow({
        address,
        name,
        note: '',
        share: null,
        done: 0,
        total: null,
        rate: Number.NaN,
        left: Number.NaN,
        pausing: false,
      })
    })
    const onProgress = ({ share, note = '', bytes }: Progress) =>
      setNow((before) => {
        if (!before) return before
        if (!bytes) return { ...before, share, note }
        pace.tick(bytes.done, performance.now())
        const left = bytes.total === null ? Number.NaN : pace.secondsLeft(bytes.total)
        return { ...before, share, note, ...bytes, rate: pace.rate, left }
      })
    try {
      const info = await studio.models.download(address, { signal: abort.signal, onProgress })
      await models.take(info)
      onStored()
    } catch (error) {
      const failure = toFailure(error)
      if (failure.code !== 'cancelled') setFailed({ of: modelAddressText(address), failure })
    } finally {
      await refresh()
      setNow(null)
    }
  }

  /** What has come is kept. */
  function pause(): void {
    stopping?.abort()
    setNow((before) => before && { ...before, pausing: true })
  }

  async function discard({ id, address }: Unfinished): Promise<void> {
    try {
      await studio.models.discard(id)
      onStored()
    } catch (error) {
      setFailed({ of: modelAddressText(address), failure: toFailure(error) })
    }
    await refresh()
  }

  return {
    now,
    /** Those that nobody is at, in this page. */
    unfinished: () => {
      const going = now()
      if (!going) return unfinished()
      return unfinished().filter(({ address }) => !isSame(address, going.address))
    },
    failed,
    dismiss: () => setFailed(null),
    refresh,
    start,
    pause,
    discard,
  }
}
