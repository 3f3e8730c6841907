import { createEffect, createSignal, on } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import { RUN_FILE_ENDING } from '../../protocol/run-file.ts'
import type { Studio } from '../../protocol/studio.ts'
import type { RunsState } from './runs.ts'
import { fileName } from './save.ts'
import { type ChosenFolder, writeAll } from './save-as.ts'
import type { TrainingState } from './training.ts'
import { zipInto } from './zip.ts'

type FolderPicker = (options: { mode: 'readwrite'; id: string }) => Promise<ChosenFolder>

const picker = () => (window as { showDirectoryPicker?: FolderPicker }).showDirectoryPicker

export interface Copied {
  run: string
  step: number
  file: string
}

export type Copies = ReturnType<typeof createCopies>

export interface CopiesParts {
  studio: Pick<Studio, 'runs'>
  runs: Pick<RunsState, 'live' | 'byId'>
  training: Pick<TrainingState, 'liveView' | 'busy'>
}

/**
 * The run that goes on, copied to a folder of the person's with each checkpoint and at its end: where profiles are wiped at logout, it is
 * on the stick. A file there is whole: the one before stays until the next has been written.
 */
export function createCopies({ studio, runs, training }: CopiesParts, pick = picker) {
  const [folder, setFolder] = createSignal<ChosenFolder | null>(null)
  /** The run that is being written. */
  const [writing, setWriting] = createSignal<string | null>(null)
  const [copied, setCopied] = createSignal<Copied | null>(null)
  const [failed, setFailed] = createSignal<{ run: string | null; failure: Failure } | null>(null)
  /** The run whose end is still to be written. */
  let open: string | null = null
  /** What was asked for last, as run and step. */
  let asked = ''
  let wanted: string | null = null
  let going: Promise<void> | null = null

  async function write(run: string, to: ChosenFolder): Promise<void> {
    const done = await writeRun(studio, run, runs.byId(run)?.name ?? '', to)
    if (folder() !== to) return
    setCopied({ run, ...done })
    setFailed(null)
  }

  /** One at a time; of what is asked for meanwhile, the last. */
  async function writeAsked(): Promise<void> {
    for (let run = wanted; run !== null; run = wanted) {
      wanted = null
      const to = folder()
      if (!to) break
      setWriting(run)
      try {
        await write(run, to)
      } catch (error) {
        // A checkpoint may be gone by the time that it is read: the next one is asked for by then, and is what counts.
        if (wanted === null && folder() === to) setFailed({ run, failure: toFailure(error) })
      }
    }
    setWriting(null)
    going = null
  }
  function ask(run: string): void {
    wanted = run
    going ??= writeAsked()
  }

  createEffect(
    on([folder, runs.live, () => training.liveView()?.saved().at(-1), training.busy], ([to, live, saved]) => {
      if (!to) return
      if (live !== null) {
        open = live
        const now = `${live} ${saved}`
        if (saved !== undefined && now !== asked) ask(live)
        asked = now
      } else if (open !== null && !training.busy()) {
        ask(open)
        open = null
      }
    }),
  )

  return {
    available: () => pick() !== undefined,
    folder: () => folder()?.name ?? null,
    /** Whether one is being written, of a run or of any. */
    writing: (run?: string) => (run === undefined ? writing() !== null : writing() === run),
    copied: (run: string) => (copied()?.run === run ? copied() : null),
    /** Why a run is not there as it should be; of null: why no folder was chosen. */
    failure: (run: string | null) => (failed()?.run === run ? failed()!.failure : null),
    dismiss: () => setFailed(null),
    /** Only right after a press: then alone does a browser ask. */
    async choose(): Promise<void> {
      setFailed(null)
      try {
        const chosen = await pick()!.call(window, { mode: 'readwrite', id: 'lapidary-runs' })
        asked = ''
        setCopied(null)
        setFolder(chosen)
      } catch (error) {
        // Nobody chose one.
        if (!(error instanceof DOMException && error.name === 'AbortError'))
          setFailed({ run: null, failure: toFailure(error) })
      }
    },
    leave(): void {
      setFolder(null)
      setCopied(null)
      setFailed(null)
      open = null
    },
    /** Resolves when nothing is being written. */
    settled: () => going ?? Promise.resolve(),
  }
}

/**
 * Writes a run's file into a folder, whole or not at all: what is there of it stays until its end.
 * @returns the step that its newest checkpoint is of
 * @throws LapidaryError `not_saved`, `quota_exceeded`, and what reading the run fails with
 */
async function writeRun(
  studio: Pick<Studio, 'runs'>,
  run: string,
  name: string,
  folder: ChosenFolder,
): Promise<{ step: number; file: string }> {
  const files = await studio.runs.runFile(run, { checkpoints: 'best' })
  const steps = files.flatMap(({ path }) => /^checkpoints\/step-(\d+)\.json$/.exec(path)?.[1] ?? [])
  // Each run has a file of its own, under a name that stays.
  const file = `${fileName(name)}-${run.slice(0, 8)}${RUN_FILE_ENDING}`
  const place = await folder.getFileHandle(file, { create: true })
  await zipInto(files, '', (stream) => writeAll(place, stream))
  return { step: Math.max(0, ...steps.map(Number)), file }
}
