import { exporter } from '../export/registry.ts'
import type { ExportSource } from '../export/source.ts'
import { fail } from '../protocol/errors.ts'
import type { Call, CheckpointChoice, ExportedFile, Snippet } from '../protocol/studio.ts'
import { readEvents } from '../storage/runs.ts'
import { exportSource } from './export-source.ts'
import type { TrainParts } from './train-parts.ts'
import type { Unkept } from './unkept.ts'

/** Lines that run what is exported of a checkpoint. */
export async function exportSnippets(
  parts: TrainParts,
  run: string,
  which?: CheckpointChoice,
  call: Call = {},
  unkept: Unkept | null = null,
): Promise<Snippet[]> {
  const { snippets } = await import('../export/snippets.ts')
  return snippets(await sourceOf(parts, run, which, call, unkept))
}

/**
 * A checkpoint of a run as files of a format.
 * @param unkept the checkpoint, where it is in memory only
 * @throws LapidaryError `unsupported_format`, `missing_file`, and what the format cannot say
 */
export async function exportRun(
  parts: TrainParts,
  run: string,
  format: string,
  which?: CheckpointChoice,
  call: Call = {},
  unkept: Unkept | null = null,
): Promise<ExportedFile[]> {
  const { files } = await exporter(format)
  return files(await sourceOf(parts, run, which, call, unkept), call)
}

async function sourceOf(
  { database, library, shelf }: TrainParts,
  run: string,
  which: CheckpointChoice | undefined,
  call: Call,
  unkept: Unkept | null,
): Promise<ExportSource> {
  const record = unkept?.record ?? (await shelf.find(run))
  const { meta, tensors } = unkept ?? (await shelf.checkpointFiles(run, which, call.signal))
  /** Another one may have been stored under its name since: that is not the base of this adapter. */
  const model = async () => {
    const found = await (await library()).open(record.model)
    if (found.info.hash !== record.modelHash)
      fail(
        'bad_model',
        `What is stored as ${found.info.name} is not what this run was trained on.`,
        'Add the model again that it was trained on.',
        { expected: record.modelHash, found: found.info.hash },
      )
    return found
  }
  return exportSource({
    config: record.config,
    baseModel: (await model().catch(() => null))?.info.name ?? record.model,
    template: record.template ?? null,
    meta,
    tensors,
    events: async () => (unkept ? unkept.events() : readEvents(await database(), run)),
    model,
    signal: call.signal,
  })
}
