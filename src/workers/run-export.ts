import { withProof } from '../export/proof-files.ts'
import { checkerText, exporter } from '../export/registry.ts'
import type { ExportSource } from '../export/source.ts'
import { fail, toFailure } from '../protocol/errors.ts'
import type { Call, CheckpointChoice, ExportedFile, Snippet } from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import { shownRows } from '../runs/shown-rows.ts'
import { readEvents } from '../storage/runs.ts'
import { chatPageAt } from './chat-page-files.ts'
import { exportSource } from './export-source.ts'
import type { OpenModel } from './library.ts'
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
 * The base of a run.
 * @throws LapidaryError `missing_file`; `bad_model` where another one has been stored under its name since
 */
export async function baseOfRun(
  { library }: Pick<TrainParts, 'library'>,
  record: RunRecord,
  call: Call = {},
): Promise<OpenModel> {
  const found = await (await library()).open(record.model, call).catch((error: unknown) => {
    if (!record.opened || toFailure(error).code !== 'missing_file') throw error
    return fail(
      'missing_file',
      `This run came as a file, and its base model, ${record.opened.model}, is not in this browser.`,
      'Add it under Model: the same files, which are known by their SHA-256. Then the run can be used.',
      { expected: record.modelHash },
    )
  })
  if (found.info.hash !== record.modelHash)
    fail(
      'bad_model',
      `What is stored as ${found.info.name} is not what this run was trained on.`,
      'Add the model again that it was trained on.',
      { expected: record.modelHash, found: found.info.hash },
    )
  return found
}

/**
 * A checkpoint of a run as files of a format, with its proof where that was made.
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
  const what = await exporter(format)
  const source = await sourceOf(parts, run, which, call, unkept)
  return withProof(await what.files(source, call), what, source.proof ?? null, checkerText)
}

/** @throws LapidaryError `missing_file` */
export async function sourceOf(
  { database, library, shelf }: TrainParts,
  run: string,
  which: CheckpointChoice | undefined,
  call: Call,
  unkept: Unkept | null,
): Promise<ExportSource> {
  const record = unkept?.record ?? (await shelf.find(run))
  const { meta, tensors, ...kept } = unkept ?? (await shelf.checkpointFiles(run, which, call.signal))
  const proof = 'stored' in kept ? kept.stored.proof : shelf.proofs.get(tensors)
  const model = () => baseOfRun({ library }, record)
  const events = async () => (unkept ? unkept.events() : readEvents(await database(), run))
  const { shown = [] } = record
  return exportSource({
    config: record.config,
    baseModel: (await model().catch(() => null))?.info.name ?? record.model,
    template: record.template ?? null,
    meta,
    tensors,
    proof: proof ?? null,
    shown: shown.length > 0 ? shownRows(await events(), shown, meta.step) : [],
    events,
    model,
    chatPage: async () => chatPageAt((await library()).base, call.signal),
    signal: call.signal,
  })
}
