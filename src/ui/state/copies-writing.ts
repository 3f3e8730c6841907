import { RUN_FILE_ENDING } from '../../protocol/run-file.ts'
import type { Studio } from '../../protocol/studio.ts'
import { fileName } from './save.ts'
import { type ChosenFolder, writeAll } from './save-as.ts'
import { zipInto } from './zip.ts'

/**
 * Writes a run's file into a folder, whole or not at all: what is there of it stays until its end.
 * @returns the step that its newest checkpoint is of
 * @throws LapidaryError `not_saved`, `quota_exceeded`, and what reading the run fails with
 */
export async function writeRun(
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
