import { createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { Progress } from '../../protocol/rooms/call.ts'
import { RUN_FILE_ENDING, type RunFileOptions } from '../../protocol/run-file.ts'
import type { CheckpointChoice, ExportedFile, ModelInfo, RunInfo, Studio } from '../../protocol/studio.ts'
import { type Proofs, withProof } from './proofs.ts'
import type { RunsState } from './runs.ts'
import { fileName, save } from './save.ts'
import { chooseFile, DISK_FOLDER, writeAll } from './save-as.ts'

export type Downloads = ReturnType<typeof createDownloads>

/** From so many bytes on the person is asked where they go, and they are written there as they are made. */
export const ASK_BYTES = 64 * 2 ** 20

/** What is taken away. */
interface Taken {
  name: string
  files: ExportedFile[]
  /** What the zip is called, where its entries lie at its root. */
  file?: string
  /** What is still to be made of them, once it is known where they go. */
  complete?: (signal: AbortSignal) => Promise<ExportedFile[]>
}

/** A run's files that are known already, as the page shows them. */
export interface KnownFiles {
  files: ExportedFile[]
  /** Of the checkpoint, where it is not the newest. */
  step: number | null
  /** Of the format; by default it carries a proof. */
  proven?: boolean
}

/** What was handed to the browser's downloads on an earlier visit and still takes room; most have nothing, and fetch nothing for it. */
async function sweep(): Promise<void> {
  try {
    const root = await navigator.storage?.getDirectory?.()
    if (await root?.getDirectoryHandle(DISK_FOLDER)) await (await import('./on-disk.ts')).sweepDownloads()
  } catch {
    // There is none, or the browser gives none.
  }
}

/** What is taken away with one press: a zip that unpacks to a folder, whole or not at all. */
export function createDownloads(
  studio: Studio,
  runs: Pick<RunsState, 'label' | 'chosen'>,
  proofs: Pick<Proofs, 'ensure'>,
) {
  /** What is being made: a run's or a model's id. */
  const [making, setMaking] = createSignal<string | null>(null)
  const [progress, setProgress] = createSignal<Progress | null>(null)
  const [failure, setFailure] = createSignal<{ of: string; failure: Failure } | null>(null)
  let control: AbortController | null = null
  void sweep()

  async function zip(of: string, make: (signal: AbortSignal) => Taken | Promise<Taken>): Promise<void> {
    if (making()) return
    const own = new AbortController()
    control = own
    // What is heard behind its end is of no download any more.
    const call = {
      signal: own.signal,
      onProgress: (done: Progress) => void (control === own && setProgress(done)),
    }
    setMaking(of)
    setFailure(null)
    try {
      const made = make(own.signal)
      const { name, files, file, complete } = made instanceof Promise ? await made : made
      const folder = file === undefined ? fileName(name) : ''
      const target = file ?? `${folder}.zip`
      const size = files.reduce((sum, file) => sum + file.size, 0)
      // Not before something that is waited for: a browser asks only right after a press.
      const place = size < ASK_BYTES ? null : await chooseFile(target)
      const whole = complete ? await complete(own.signal) : files
      // A first visit takes nothing away.
      const { zipInto, zipped } = await import('./zip.ts')
      if (place) await zipInto(whole, folder, (stream) => writeAll(place, stream), call)
      else save(await zipped(whole, folder, call, target), target)
    } catch (error) {
      const told = toFailure(error)
      if (told.code !== 'cancelled') setFailure({ of, failure: told })
    } finally {
      control = null
      setMaking(null)
      setProgress(null)
    }
  }

  return {
    making,
    /** What is being made, else what the last failure is of. */
    last: () => making() ?? failure()?.of ?? null,
    /** How far what is being made has come. */
    progress,
    /** Nothing of what is being made is left. */
    cancel: () => control?.abort(),
    /** Why the last download of a run or model came to nothing. */
    failureOf: (of: string) => (failure()?.of === of ? failure()!.failure : null),
    dismiss: () => setFailure(null),
    /** The files of a run's chosen checkpoint in a format; by default its adapter, as PEFT loads it. */
    run(run: RunInfo, format = 'peft', known: KnownFiles | null = null): Promise<void> {
      const named = (files: ExportedFile[], which: CheckpointChoice, step: number | null): Taken => ({
        name: `${runs.label(run)}${step === null ? '' : `-step-${step}`}-${format === 'peft' ? 'adapter' : format}`,
        files,
        // With its proof, where there is one for it.
        complete: async (signal) =>
          known?.proven === false
            ? files
            : withProof(files, { run: run.id, format, which }, { studio, proofs }, signal),
      })
      return zip(run.id, (signal) =>
        known
          ? named(known.files, known.step ?? 'last', known.step)
          : runs
              .chosen(run)
              .then(async ({ which, step }) =>
                named(await studio.runs.exportRun(run.id, format, which, { signal }), which, step),
              ),
      )
    },
    /** A run itself as one file, with the proof of its adapter where that can be made. */
    runFile: (run: RunInfo, options: RunFileOptions, files: ExportedFile[]): Promise<void> =>
      zip(run.id, () => ({
        name: run.name,
        file: `${fileName(runs.label(run))}${RUN_FILE_ENDING}`,
        files,
        complete: async (signal) => {
          const kept = files.some(({ path }) => path.startsWith('adapter/'))
          if (!kept || files.some(({ path }) => path === 'adapter/proof.json')) return files
          const offered = (await studio.runs.checkpoints(run.id)).find((one) => one.offered)?.step
          const made = await proofs.ensure(run.id, run.unkept ? 'last' : (offered ?? 'last'), signal)
          return made ? studio.runs.runFile(run.id, options, { signal }) : files
        },
      })),
    /** A model as it is stored here, or as a Hugging Face folder for other programs. */
    model: ({ id, name }: ModelInfo, form: 'stored' | 'plain') =>
      zip(id, async (signal) => ({ name, files: await studio.models.exportModel(id, form, { signal }) })),
  }
}
