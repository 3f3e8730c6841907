import { batch, createEffect, createMemo, createSignal, on, onCleanup, untrack } from 'solid-js'
import { numberOf, rowOf } from '../../lib/row-numbers.ts'
import { configField } from '../../protocol/config-fields.ts'
import type { AugmentConfig, DataStep, SplitConfig } from '../../protocol/data-steps.ts'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import { heeded } from '../../protocol/identity.ts'
import { dataFor, mappingOf } from '../../protocol/recipe.ts'
import type { DataConfig } from '../../protocol/run-config.ts'
import type {
  ChatFormat,
  DatasetInfo,
  Mapping,
  PreparedInfo,
  Recipe,
  RowEdit,
  SampleInfo,
  Studio,
} from '../../protocol/studio.ts'
import { isNamed } from '../../runs/named-data.ts'
import { type MessageKey, t, translated } from '../messages/t.ts'
import { createHub } from './data-hub.ts'
import { createOpening } from './data-opening.ts'
import { dataIdentity, freshData, isMapped, NO_DATA, type Role, withRole } from './data-recipe.ts'
import { createReview } from './data-review.ts'
import type { Draft } from './draft.ts'
import type { ModelState } from './models.ts'

export type { Role } from './data-recipe.ts'
export type DataState = ReturnType<typeof createData>

/** Rows above which figures come from a sample first. */
const ESTIMATE_ABOVE = 2000

/** The data set being worked on: opened, mapped to roles, tokenised for the chosen model. */
export function createData(studio: Studio, draft: Draft, models: Pick<ModelState, 'chosen'>) {
  const [samples, setSamples] = createSignal<SampleInfo[]>([])
  const [stored, setStored] = createSignal<DatasetInfo[]>([])
  const [dataset, setDataset] = createSignal<DatasetInfo | null>(null)
  /** How a data set is to be prepared once it is opened, where a config that named it was opened before. */
  const [awaited, setAwaited] = createSignal<DataConfig | null>(null)
  const [prepared, setPrepared] = createSignal<PreparedInfo | null>(null)
  const [preparing, setPreparing] = createSignal(false)
  const [progress, setProgress] = createSignal<number | null>(null)
  const [prepareFailure, setPrepareFailure] = createSignal<Failure | null>(null)
  const { open, ...ways } = createOpening(studio, draft, (info) => {
    arrive(info)
    void studio.data.list().then(setStored, () => {})
  })
  const { report } = ways

  async function loadLists(): Promise<void> {
    const [samples, stored] = await Promise.allSettled([studio.data.samples(), studio.data.list()])
    batch(() => {
      if (samples.status === 'fulfilled') setSamples(samples.value)
      if (stored.status === 'fulfilled') setStored(stored.value)
      for (const asked of [samples, stored])
        if (asked.status === 'rejected') {
          const failure = toFailure(asked.reason)
          // That is told above every page.
          if (failure.code !== 'storage_blocked') report(failure)
        }
    })
  }

  function view(info: DatasetInfo, data: DataConfig, given: boolean): void {
    batch(() => {
      report(null)
      setPrepared(null)
      setPrepareFailure(null)
      if (given) draft.take({ data })
      else draft.change('data', data)
      setDataset(info)
    })
  }

  /** A data set with the guess at its columns, or with what was chosen for it before. */
  function show(info: DatasetInfo, chosen?: Partial<DataConfig>): void {
    view(info, { ...freshData(info, draft.data()), ...chosen }, false)
  }

  /** A data set prepared as a config says. */
  function take(info: DatasetInfo, data: DataConfig): void {
    view(info, dataFor(data, info), true)
    setAwaited(null)
  }

  function arrive(info: DatasetInfo): void {
    const wanted = awaited()
    if (wanted && isNamed(wanted, info)) take(info, wanted)
    else show(info)
  }

  const mapping = () => mappingOf(draft.data())
  const change = (part: Partial<DataConfig>) => draft.change('data', part)
  const mapped = () => isMapped(mapping())

  /** What the worker is asked with: only what is complete. The hash tells edits of the same data set apart. */
  const basis = createMemo(() => {
    const info = dataset()
    if (!info) return null
    const config = draft.usable()
    const recipe = {
      dataset: info.id,
      config: { ...config, data: { ...config.data, ...dataIdentity(info) } },
    }
    return { hash: info.hash, rows: info.rows, recipe }
  })

  const request = createMemo(() => {
    const now = basis()
    const model = models.chosen()
    const problems = draft.problems()
    if (!now || !model || !mapped() || problems.has('max_length') || problems.has('seed')) return null
    const wanted: Recipe = { ...now.recipe, model: model.id }
    // The practice model has no hash before it is stored.
    const of = model.practice ? model.id : model.hash
    const key = JSON.stringify([now.hash, model.id, of, ...heeded(wanted.config, 'tokens')])
    return { wanted, rows: now.rows, key }
  })

  /** The first use of a model stores it; only then may findings ask it for lengths beside that. */
  const [storedModel, setStoredModel] = createSignal('')
  const review = createReview(
    studio,
    basis,
    () => (models.chosen()?.id === storedModel() ? storedModel() : null),
    () => estimating,
  )
  let estimating: Promise<unknown> = Promise.resolve()

  let preparingAbort: AbortController | null = null
  let latest: { key: string; result: Promise<PreparedInfo> } | null = null

  /** The token table for what is chosen now, made if it is not there yet. Rejects with a Failure. */
  function prepare(): Promise<PreparedInfo> {
    const asked = request()
    if (!asked) return Promise.reject(toFailure(new DOMException('', 'AbortError')))
    const { wanted, key } = asked
    const arrived = (info: PreparedInfo) => {
      if (latest?.key !== key) return
      batch(() => {
        setStoredModel(wanted.model)
        setPrepared(info)
        setPreparing(false)
      })
    }
    if (latest?.key === key) {
      // The same config opened again, or columns changed to and fro, have put away what was shown of it.
      latest.result.then(arrived, () => {})
      return latest.result
    }
    preparingAbort?.abort()
    const abort = (preparingAbort = new AbortController())
    batch(() => {
      setPreparing(true)
      setProgress(null)
      setPrepareFailure(null)
    })
    const result = studio.data.prepare(wanted, {
      signal: abort.signal,
      onProgress: ({ share }) => {
        if (latest?.key === key) setProgress(share)
      },
    })
    latest = { key, result }
    result.then(arrived, (error) => {
      if (latest?.key !== key) return
      latest = null
      batch(() => {
        setPrepared(null)
        setPrepareFailure(toFailure(error))
        setPreparing(false)
      })
    })
    return result
  }

  /** Figures from a sample at once; exact ones come after. */
  async function estimate(
    asked: NonNullable<ReturnType<typeof request>>,
    signal: AbortSignal,
  ): Promise<void> {
    if (asked.rows <= ESTIMATE_ABOVE || latest?.key === asked.key) return
    setPreparing(true)
    const guess = await studio.data.estimate(asked.wanted, { signal }).catch(() => null)
    if (!signal.aborted && guess && latest?.key !== asked.key) setPrepared(guess)
  }

  // Tokenise again shortly after anything it depends on has changed, not at each key stroke.
  createEffect(
    on(
      () => request()?.key,
      () => {
        const asked = untrack(request)
        if (!asked) {
          preparingAbort?.abort()
          latest = null
          batch(() => {
            setPrepared(null)
            // What was wrong with other data, or with columns chosen before, is wrong no more.
            setPrepareFailure(null)
            setPreparing(false)
          })
          return
        }
        const abort = new AbortController()
        // Begun with the delay: what waits for it must not pass it by.
        let begin = () => {}
        const begun = new Promise<void>((resolve) => {
          begin = resolve
        })
        const timer = setTimeout(begin, 250)
        estimating = begun.then(() => (abort.signal.aborted ? undefined : estimate(asked, abort.signal)))
        void estimating.then(() => (abort.signal.aborted ? undefined : prepare().catch(() => {})))
        onCleanup(() => {
          clearTimeout(timer)
          abort.abort()
          begin()
        })
      },
    ),
  )

  /** Changes rows, or takes the last change back; the recipe stays as it is. */
  async function alter(work: Promise<DatasetInfo>): Promise<boolean> {
    try {
      const info = await work
      batch(() => {
        setDataset(info)
        report(null)
        setStored((all) => all.map((other) => (other.id === info.id ? info : other)))
      })
      return true
    } catch (error) {
      report(toFailure(error))
      return false
    }
  }

  function titleOfSample(id: string): string | null {
    const sample = samples().find((one) => one.id === id)
    return sample ? translated(`sample.${id}.title`, sample.title) : null
  }

  /** A sample goes by its title, a file by its name, and by how it was read where it is there in several ways. */
  function title({ id, name, reading }: DatasetInfo): string {
    const said = Object.entries(reading ?? {}).filter(([, value]) => value !== null)
    const how = said.length === 0 ? null : said.map(([way, value]) => howRead(way as Way, value)).join(', ')
    const own = (id.startsWith('sample-') ? titleOfSample(id.slice('sample-'.length)) : null) ?? name
    return how === null ? own : t('read.titled', { name: own, how })
  }

  /** Stored data sets as they are by now, whichever tab has changed them; the one in view is what it has become. */
  async function follow(): Promise<void> {
    const before = dataset()
    const all = await studio.data.list().catch(() => null)
    if (!all || dataset() !== before) return
    const now = before && all.find(({ id }) => id === before.id)
    batch(() => {
      setStored(all)
      if (now && now.hash !== before.hash) setDataset(now)
      if (!before || now) return
      setDataset(null)
      report({
        code: 'missing_file',
        message: t('data.goneElsewhere', { name: title(before) }),
        hint: t('data.goneElsewhereHint'),
      })
    })
  }

  void loadLists()

  return {
    ...review,
    ...ways,
    samples,
    stored,
    title,
    dataset,
    /** A row as its file numbers it. */
    numberOf: (row: number) => numberOf(row, dataset()?.rowNumbers),
    rowOf: (number: number) => rowOf(number, dataset()?.rowNumbers),
    recipe: draft.data,
    mapping,
    mapped,
    basis,
    request: () => request()?.wanted ?? null,
    validationShare: () => draft.data().validation_share,
    prepared,
    preparing,
    progress,
    prepareFailure,
    stopPreparing: () => preparingAbort?.abort(),
    setRecipe: change,
    setMapping: (part: Partial<Mapping>) => change(part),
    setRole: (role: Role, column: string | null) => change(withRole(mapping(), role, column)),
    /** Null: as the rows show it. */
    setTask: (task: DataConfig['task']) => change({ task }),
    setFormat: (format: ChatFormat) => change({ format }),
    setSteps: (steps: DataStep[]) => change({ steps }),
    setSplit: (part: Partial<SplitConfig>) => change({ split: { ...draft.data().split, ...part } }),
    setAugment: (part: Partial<AugmentConfig>) => change({ augment: { ...draft.data().augment, ...part } }),
    edit: (edits: RowEdit[]) => alter(studio.data.edit(dataset()?.id ?? '', edits)),
    undo: () => alter(studio.data.undo(dataset()?.id ?? '')),
    setValidationShare: (validation_share: number) => change({ validation_share }),
    prepare,
    openSample: (id: string) => open(titleOfSample(id) ?? id, () => studio.data.openSample(id)),
    reopen: arrive,
    /** As it was left before a reload. */
    restore: (info: DatasetInfo, data: DataConfig) => view(info, data, true),
    take,
    awaited,
    /** Waits for the data set that a config names to be opened; null: no longer. */
    await: setAwaited,
    /** Back to the choice of data; what is stored stays. */
    close: () => {
      setDataset(null)
      // How one file was read says nothing of the next.
      change({ reading: NO_DATA.reading })
      report(null)
    },
    async remove(id: string) {
      try {
        await studio.data.remove(id)
        if (dataset()?.id === id) setDataset(null)
        setStored(await studio.data.list())
      } catch (error) {
        report(toFailure(error))
      }
    },
    loadLists,
    follow,
    hub: createHub(studio),
  }
}

type Way = keyof DataConfig['reading']

/** A way of reading as a few words beside a data set's name. */
function howRead(way: Way, value: unknown): string {
  const { kind } = configField(`data.reading.${way}`)
  if (kind === 'choice') return t(`read.by.${value}` as Extract<MessageKey, `read.by.${string}`>)
  return kind === 'text' ? String(value) : `${t(`read.${way}`)}: ${value}`
}
