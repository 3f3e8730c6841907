import { batch, createSignal } from 'solid-js'
import { shownAddress } from '../../lib/address.ts'
import { configField } from '../../protocol/config-fields.ts'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type {
  Call,
  DatasetInfo,
  DatasetPreview,
  FileInFolder,
  HubChoice,
  Progress,
  ReadOptions,
  SourceAccess,
  Studio,
} from '../../protocol/studio.ts'
import type { LinkData } from '../../runs/link.ts'
import type { Draft } from './draft.ts'

/** What is being read. */
export interface Opening {
  name: string
  /** The first rows, once they are there. */
  preview: DatasetPreview | null
  bytes: number
  /** 0 where it is not known. */
  total: number
  /** Seconds; null until it can be told. */
  left: number | null
}

/** What the id of a data set that is shipped begins with. */
const SAMPLE = 'sample-'

/** How often progress is shown, ms. */
const SHOWN_EVERY = 100
/** What passes before a time left is more than a guess, ms. */
const SETTLED_AFTER = 1000

/** Ways into a data set, one at a time; `show` gets what was opened. */
export function createOpening(studio: Studio, draft: Draft, show: (info: DatasetInfo) => void) {
  const [opening, setOpening] = createSignal<Opening | null>(null)
  const [failed, setFailed] = createSignal<{
    failure: Failure
    /** Reads the same once more, as is chosen then. */
    again: (() => Promise<boolean>) | null
  } | null>(null)
  const [last, setLast] = createSignal<{ id: string; again: () => Promise<boolean> } | null>(null)
  /** Where data sets of this visit came from, as far as others may be told. */
  const sources = new Map<string, LinkData>()
  let abort: AbortController | null = null

  async function open(
    name: string,
    read: (call: Call<DatasetPreview>) => Promise<DatasetInfo>,
    source: LinkData | null = null,
  ): Promise<boolean> {
    abort?.abort()
    const own = (abort = new AbortController())
    const { signal } = own
    batch(() => {
      setOpening({ name, preview: null, bytes: 0, total: 0, left: null })
      setFailed(null)
    })
    const tell = (part: Partial<Opening>) =>
      setOpening((now) => (now && abort === own ? { ...now, ...part } : now))
    try {
      const onPreview = (preview: DatasetPreview) => tell({ preview })
      const info = await read({ signal, onPreview, onProgress: paced(tell) })
      if (signal.aborted) return false
      show(info)
      if (source) sources.set(info.hash, source)
      setLast({ id: info.id, again: () => open(name, read, source) })
      return true
    } catch (error) {
      const problem = toFailure(error)
      if (!signal.aborted && problem.code !== 'cancelled')
        setFailed({ failure: problem, again: () => open(name, read, source) })
      return false
    } finally {
      if (abort === own) setOpening(null)
    }
  }

  function cancelOpening(): void {
    abort?.abort()
    abort = null
    setOpening(null)
  }

  /** Of what is null, the reader decides. */
  const reading = (): Required<ReadOptions> => draft.data().reading

  return {
    open,
    opening,
    /** Where others find a data set: shipped, or at an address. Null: it is in this browser alone. */
    sourceOf: ({ id, hash, edits }: DatasetInfo): LinkData | null =>
      id.startsWith(SAMPLE) && !edits
        ? { from: 'sample', id: id.slice(SAMPLE.length) }
        : (sources.get(hash) ?? null),
    cancelOpening,
    reading,
    setReading: (part: ReadOptions) => draft.change('data', { reading: { ...reading(), ...part } }),
    /** Reads what was opened last once more, as is chosen now; null where the data set in view came otherwise. */
    readAgain: (id: string) => {
      const known = last()
      return known?.id === id ? known.again : null
    },
    failure: () => failed()?.failure ?? null,
    /** Of what failed last; null where it was no reading. */
    tryAgain: () => failed()?.again ?? null,
    report: (failure: Failure | null) => void setFailed(failure && { failure, again: null }),
    /** Several files of the same columns, or a folder, become one data set. */
    openFiles: (files: readonly FileInFolder[]) =>
      open(nameOf(files), (call) => studio.data.openFiles(files, reading(), call)),
    /** Access is used for this one call and kept nowhere. */
    openUrl: (url: string, access: SourceAccess) =>
      open(
        shownAddress(url),
        (call) => studio.data.openUrl(url, access, reading(), call),
        // What stands behind a question mark may be a key.
        shownAddress(url) === url.trim() && /^https?:/.test(url.trim())
          ? { from: 'url', url: url.trim() }
          : null,
      ),
    openHub: (choice: HubChoice, access: SourceAccess) =>
      open(
        choice.dataset,
        (call) => {
          const { max_gigabytes } = reading()
          return studio.data.openHub({ ...choice, reading: { max_gigabytes } }, access, call)
        },
        { from: 'hub', ...choice },
      ),
    openPasted: (text: string, name: string) =>
      open(name, (call) => studio.data.openPasted(text, name, {}, call)),
    createDataset: (name: string, columns: string[], rows: (string | null)[][]) =>
      open(name, (call) => studio.data.createDataset(name, columns, rows, call)),
  }
}

/**
 * The limit on memory, in gigabytes, under which what was too much for the one that held would be tried further: a power of two, 1
 * or more. Null for another failure, and where no limit is high enough.
 */
export function raisedLimit({ detail }: Failure): number | null {
  const { field, bytes, most } = detail ?? {}
  if (field !== 'data.reading.max_gigabytes' || typeof bytes !== 'number' || typeof most !== 'number')
    return null
  const gigabytes = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(bytes, most + 1) / 2 ** 30)))
  return gigabytes <= (configField(field).limits?.max ?? 0) ? gigabytes : null
}

function nameOf(files: readonly FileInFolder[]): string {
  const path = files[0]?.path ?? ''
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path
}

/** Bytes read as something to show: not more often than is seen, and with the time left. */
function paced(tell: (part: Partial<Opening>) => void): (progress: Progress) => void {
  const begun = performance.now()
  let shown = 0
  return (progress) => {
    if (!progress.bytes) return
    const { done: bytes, total: all } = progress.bytes
    const total = all ?? 0
    const now = performance.now()
    if (now - shown < SHOWN_EVERY && bytes < total) return
    shown = now
    const passed = now - begun
    const known = total > 0 && bytes > 0 && passed >= SETTLED_AFTER
    tell({ bytes, total, left: known ? ((passed / bytes) * (total - bytes)) / 1000 : null })
  }
}
