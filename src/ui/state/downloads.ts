import { createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { ExportedFile, ModelInfo, RunInfo, Studio } from '../../protocol/studio.ts'
import type { RunsState } from './runs.ts'
import { fileName, save, zipped } from './save.ts'

export type Downloads = ReturnType<typeof createDownloads>

/** What is taken away with one press: a zip that unpacks to a folder. */
export function createDownloads(studio: Studio, runs: Pick<RunsState, 'label' | 'chosen'>) {
  /** What is being made: a run's or a model's id. */
  const [making, setMaking] = createSignal<string | null>(null)
  const [failure, setFailure] = createSignal<{ of: string; failure: Failure } | null>(null)

  async function zip(
    of: string,
    make: () => Promise<{ name: string; files: ExportedFile[] }>,
  ): Promise<void> {
    if (making()) return
    setMaking(of)
    setFailure(null)
    try {
      const { name, files } = await make()
      const folder = fileName(name)
      save(await zipped(files, folder), `${folder}.zip`)
    } catch (error) {
      setFailure({ of, failure: toFailure(error) })
    } finally {
      setMaking(null)
    }
  }

  return {
    making,
    /** Why the last download of a run or model came to nothing. */
    failureOf: (of: string) => (failure()?.of === of ? failure()!.failure : null),
    dismiss: () => setFailure(null),
    /** The files of a run's chosen checkpoint in a format; by default its adapter, as PEFT loads it. */
    run: (run: RunInfo, format = 'peft') =>
      zip(run.id, async () => {
        const { which, step } = await runs.chosen(run)
        const at = step === null ? '' : `-step-${step}`
        return {
          name: `${runs.label(run)}${at}-${format === 'peft' ? 'adapter' : format}`,
          files: await studio.runs.exportRun(run.id, format, which),
        }
      }),
    /** A model as a Hugging Face folder. */
    model: ({ id, name }: ModelInfo) =>
      zip(id, async () => ({ name, files: await studio.models.exportModel(id) })),
  }
}
