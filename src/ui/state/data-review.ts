import { type Accessor, batch, createEffect, createSignal, on, onCleanup, untrack } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import { heeded } from '../../protocol/identity.ts'
import type { DataRecipe, Finding, StepsReport, Studio } from '../../protocol/studio.ts'

/** Rows that a first look at the steps takes. */
const SAMPLE = 2000

export interface ReviewBasis {
  hash: string
  rows: number
  recipe: DataRecipe
}

/** What the worker has to say about the recipe as it stands: findings, and what each step does. */
export function createReview(
  studio: Studio,
  basis: Accessor<ReviewBasis | null>,
  /** A model that lengths can be asked of. */
  model: Accessor<string | null>,
  /** Settles when the figures of a sample are there: the worker does one thing at a time, and people look at these first. */
  estimated: () => Promise<unknown>,
) {
  const [findings, setFindings] = createSignal<Finding[] | null>(null)
  const [inspecting, setInspecting] = createSignal(false)
  const [report, setReport] = createSignal<StepsReport | null>(null)
  const [stepsRunning, setStepsRunning] = createSignal(false)
  const [reviewFailure, setReviewFailure] = createSignal<Failure | null>(null)

  const stepsKey = () => {
    const now = basis()
    return now && JSON.stringify([now.hash, now.recipe.dataset, ...heeded(now.recipe.config, 'rows')])
  }
  const inspectKey = () => {
    const now = basis()
    return (
      now && JSON.stringify([now.hash, now.recipe.dataset, model(), ...heeded(now.recipe.config, 'tokens')])
    )
  }

  async function runSteps(now: ReviewBasis, signal: AbortSignal): Promise<void> {
    setStepsRunning(true)
    try {
      // A quick look at a few rows first, all of them soon after.
      for (const sample of now.rows > SAMPLE ? [SAMPLE, null] : [null]) {
        if (sample === null) await estimated()
        if (signal.aborted) return
        const found = await studio.data.runSteps(now.recipe, sample, { signal })
        if (signal.aborted) return
        batch(() => {
          setReport(found)
          setReviewFailure(null)
        })
      }
    } catch (error) {
      if (signal.aborted) return
      batch(() => {
        setReport(null)
        setReviewFailure(toFailure(error))
      })
    } finally {
      if (!signal.aborted) setStepsRunning(false)
    }
  }

  async function inspect(now: ReviewBasis, signal: AbortSignal): Promise<void> {
    const id = model()
    setInspecting(true)
    await estimated()
    if (signal.aborted) return
    try {
      const found = await studio.data.inspect(
        { ...now.recipe, ...(id === null ? {} : { model: id }) },
        { signal },
      )
      if (!signal.aborted) setFindings(found)
    } catch {
      // What is wrong with the request shows where it is prepared; old findings would mislead.
      if (!signal.aborted) setFindings(null)
    } finally {
      if (!signal.aborted) setInspecting(false)
    }
  }

  function afterRest(
    key: Accessor<string | null>,
    delay: number,
    work: (now: ReviewBasis, signal: AbortSignal) => Promise<void>,
    reset: () => void,
  ): void {
    createEffect(
      on(key, () => {
        const now = untrack(basis)
        if (!now) return reset()
        const abort = new AbortController()
        const timer = setTimeout(() => void work(now, abort.signal), delay)
        onCleanup(() => {
          clearTimeout(timer)
          abort.abort()
        })
      }),
    )
  }

  afterRest(stepsKey, 200, runSteps, () => setReport(null))
  afterRest(inspectKey, 400, inspect, () => setFindings(null))

  // Findings of another data set say nothing about this one.
  createEffect(
    on(
      () => basis()?.recipe.dataset,
      () =>
        batch(() => {
          setFindings(null)
          setReport(null)
        }),
    ),
  )

  return { findings, inspecting, stepsReport: report, stepsRunning, reviewFailure }
}
