import { batch, createEffect, createSignal, on } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { Studio, SynthesisInfo, SynthesisProgress } from '../../protocol/studio.ts'
import type { DataState } from './data.ts'
import type { ModelState } from './models.ts'

export type SynthesisState = ReturnType<typeof createSynthesis>

/** Examples that the chosen model writes, asked for by a person, watched and stopped. */
export function createSynthesis(studio: Studio, data: DataState, models: ModelState) {
  const [progress, setProgress] = createSignal<SynthesisProgress | null>(null)
  const [result, setResult] = createSignal<SynthesisInfo | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  let abort: AbortController | null = null

  async function write(count: number, wish: string): Promise<void> {
    const now = data.basis()
    const model = models.chosen()
    if (progress() || !now || !model || !data.mapped()) return
    const stop = (abort = new AbortController())
    batch(() => {
      setProgress({ kept: 0, wanted: count, asked: 0 })
      setResult(null)
      setFailure(null)
    })
    try {
      const info = await studio.data.synthesise(
        now.recipe,
        {
          count,
          ...(wish.trim() ? { wish: wish.trim() } : {}),
          author: model.name,
          practice: model.practice,
        },
        (prompts, { maxNewTokens, seed }) =>
          studio.answers
            .answer(
              {
                model: model.id,
                run: null,
                purpose: 'synthesis',
                prompts,
                ...models.asked(),
                options: { maxNewTokens, temperature: 0.9, topK: 64, topP: 0.95, seed },
              },
              () => {},
              { signal: stop.signal },
            )
            .then((answers) => answers.map(({ text }) => text))
            .catch((error) => {
              // What was written before the stop is kept.
              if (stop.signal.aborted) return []
              throw error
            }),
        {
          signal: stop.signal,
          onPreview: (step) => {
            if (!stop.signal.aborted) setProgress(step)
          },
        },
      )
      if (data.dataset()?.id !== now.recipe.dataset) return
      setResult(info)
      await data.loadLists()
      // Examples that someone waited for are used unless they say otherwise.
      if (info.set) data.setAugment({ synthetic: info.set })
    } catch (error) {
      const problem = toFailure(error)
      if (problem.code !== 'cancelled') setFailure(problem)
    } finally {
      setProgress(null)
    }
  }

  // What was written for another data set says nothing about this one.
  createEffect(
    on(
      () => data.dataset()?.id,
      () =>
        batch(() => {
          abort?.abort()
          setResult(null)
          setFailure(null)
        }),
      { defer: true },
    ),
  )

  /** The written examples in use; null where there are none, or where they are not in this browser. */
  const inUse = () => data.stored().find(({ id }) => id === data.recipe().augment.synthetic?.dataset) ?? null

  return { progress, result, failure, inUse, write, stop: () => abort?.abort() }
}
