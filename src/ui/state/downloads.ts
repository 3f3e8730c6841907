import { createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { CheckpointChoice, ExportedFile, ModelInfo, RunInfo, Studio } from '../../protocol/studio.ts'
import { fileName, save, zipped } from './save.ts'

export type Downloads = ReturnType<typeof createDownloads>

/** What is taken away with one press: a zip that unpacks to a folder. */
export function createDownloads(studio: Studio, label: (run: RunInfo) => string) {
  /** What is being made: a run's or a model's id. */
  const [making, setMaking] = createSignal<string | null>(null)
  const [failure, setFailure] = createSignal<{ of: string; failure: Failure } | null>(null)

  async function zip(of: string, name: string, make: () => Promise<ExportedFile[]>): Promise<void> {
    if (making()) return
    setMaking(of)
    setFailure(null)
    try {
      const folder = fileName(name)
      save(await zipped(await make(), folder), `${folder}.zip`)
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
    /** A run's files in a format; by default the newest checkpoint's adapter, as PEFT loads it. */
    run: (run: RunInfo, format = 'peft', which?: CheckpointChoice) =>
      zip(run.id, `${label(run)}-${format === 'peft' ? 'adapter' : format}`, () =>
        studio.runs.exportRun(run.id, format, which),
      ),
    /** A model as a Hugging Face folder. */
    model: ({ id, name }: ModelInfo) => zip(id, name, () => studio.models.exportModel(id)),
  }
}
