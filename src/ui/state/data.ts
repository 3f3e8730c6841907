import {
  type Accessor,
  batch,
  createEffect,
  createMemo,
  createSignal,
  on,
  onCleanup,
  untrack,
} from 'solid-js'
import type { AugmentConfig, DataStep, SplitConfig } from '../../protocol/data-steps.ts'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type {
  ChatFormat,
  DatasetInfo,
  Mapping,
  PreparedInfo,
  PrepareRequest,
  RowEdit,
  SampleInfo,
  Studio,
} from '../../protocol/studio.ts'
import { t } from '../messages/t.ts'
import { createHub } from './data-hub.ts'
import { createOpening } from './data-opening.ts'
import {
  EMPTY_RECIPE,
  isMapped,
  mappingOf,
  type Recipe,
  type Role,
  readyFormat,
  readySplit,
  readySteps,
  tidyMapping,
  withRole,
} from './data-recipe.ts'
import { createReview } from './data-review.ts'

export type { Role } from './data-recipe.ts'
export type DataState = ReturnType<typeof createData>

/** Rows above which figures come from a sample first. */
const ESTIMATE_ABOVE = 2000

/** What tokenising depends on besides the data itself. */
export interface Preparation {
  model: string
  maxLength: number
  completionOnlyLoss: boolean | null
  seed: number
}

/** The data set being worked on: opened, mapped to roles, tokenised for the chosen model. */
export function createData(studio: Studio, preparation: Accessor<Preparation | null>) {
  const [samples, setSamples] = createSignal<SampleInfo[]>([])
  const [stored, setStored] = createSignal<DatasetInfo[]>([])
  const [dataset, setDataset] = createSignal<DatasetInfo | null>(null)
  const [recipe, setRecipe] = createSignal<Recipe>(EMPTY_RECIPE)
  const [validationShare, setValidationShare] = createSignal(0.1)
  const [prepared, setPrepared] = createSignal<PreparedInfo | null>(null)
  const [preparing, setPreparing] = createSignal(false)
  const [progress, setProgress] = createSignal<number | null>(null)
  const [prepareFailure, setPrepareFailure] = createSignal<Failure | null>(null)
  const { open, ...ways } = createOpening(studio, (info) => {
    show(info)
    void studio.data.list().then(setStored, () => {})
  })
  const { report } = ways

  async function loadLists(): Promise<void> {
    try {
      const [first, second] = await Promise.all([studio.data.samples(), studio.data.list()])
      batch(() => {
        setSamples(first)
        setStored(second)
      })
    } catch (error) {
      report(toFailure(error))
    }
  }

  function show(info: DatasetInfo, chosen?: Partial<Recipe>): void {
    batch(() => {
      report(null)
      setPrepared(null)
      setPrepareFailure(null)
      setRecipe({
        ...EMPTY_RECIPE,
        mapping: mappingOf(info.guess),
        ...(info.splitGuess ? { split: info.splitGuess } : {}),
        ...chosen,
      })
      setDataset(info)
    })
  }

  const mapping = () => recipe().mapping
  const change = (part: Partial<Recipe>) => setRecipe((now) => ({ ...now, ...part }))
  const mapped = () => isMapped(mapping())

  /** What the worker is asked with: only what is complete. The hash tells edits of the same data set apart. */
  const basis = createMemo(() => {
    const info = dataset()
    const seed = preparation()?.seed ?? 42
    if (!info) return null
    const now = recipe()
    return {
      hash: info.hash,
      rows: info.rows,
      request: { dataset: info.id, steps: readySteps(now.steps), seed },
      mapping: tidyMapping(now.mapping),
      split: readySplit(now.split),
      augment: now.augment,
      format: readyFormat(now),
      validationShare: validationShare(),
    }
  })

  const request = createMemo(() => {
    const now = basis()
    const of = preparation()
    if (!now || !of || !mapped()) return null
    const { mapping, split, augment, format, validationShare } = now
    const wanted: PrepareRequest = { ...now.request, mapping, split, augment, format, validationShare, ...of }
    return { wanted, rows: now.rows, key: `${now.hash} ${JSON.stringify(wanted)}` }
  })

  /** The first use of a model stores it; only then may findings ask it for lengths beside that. */
  const [storedModel, setStoredModel] = createSignal('')
  const review = createReview(
    studio,
    basis,
    () => (preparation()?.model === storedModel() ? preparation() : null),
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
    if (latest?.key === key) return latest.result
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
    result.then(
      (info) =>
        latest?.key === key &&
        batch(() => {
          setStoredModel(wanted.model)
          setPrepared(info)
          setPreparing(false)
        }),
      (error) => {
        if (latest?.key !== key) return
        latest = null
        batch(() => {
          setPrepared(null)
          setPrepareFailure(toFailure(error))
          setPreparing(false)
        })
      },
    )
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
          setPrepared(null)
          setPreparing(false)
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

  /** A sample goes by its title, a file by its name, and by how it was read where it is there in several ways. */
  function title({ id, name, reading }: DatasetInfo): string {
    const how = reading?.sheet ?? (reading?.text ? t(`read.by.${reading.text}`) : null)
    const own = samples().find((sample) => id === `sample-${sample.id}`)?.title ?? name
    return how === null ? own : t('read.titled', { name: own, how })
  }

  void loadLists()

  return {
    ...review,
    ...ways,
    samples,
    stored,
    title,
    dataset,
    recipe,
    mapping,
    mapped,
    basis,
    request: () => request()?.wanted ?? null,
    validationShare,
    prepared,
    preparing,
    progress,
    prepareFailure,
    setRecipe: change,
    setMapping: (part: Partial<Mapping>) => change({ mapping: { ...mapping(), ...part } }),
    setRole: (role: Role, column: string | null) => change({ mapping: withRole(mapping(), role, column) }),
    setFormat: (format: ChatFormat) => change({ format }),
    setSteps: (steps: DataStep[]) => change({ steps }),
    setSplit: (part: Partial<SplitConfig>) => change({ split: { ...recipe().split, ...part } }),
    setAugment: (part: Partial<AugmentConfig>) => change({ augment: { ...recipe().augment, ...part } }),
    edit: (edits: RowEdit[]) => alter(studio.data.edit(dataset()?.id ?? '', edits)),
    undo: () => alter(studio.data.undo(dataset()?.id ?? '')),
    setValidationShare,
    prepare,
    openSample: (id: string) =>
      open(samples().find((sample) => sample.id === id)?.title ?? id, () => studio.data.openSample(id)),
    reopen: show,
    /** Back to the choice of data; what is stored stays. */
    close: () => {
      setDataset(null)
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
    hub: createHub(studio),
  }
}
