import { withProof } from '../export/proof-files.ts'
import { checkerText, exporter } from '../export/registry.ts'
import type { ExportSource } from '../export/source.ts'
import type { Call, CheckpointChoice, ExportedFile, Snippet } from '../protocol/studio.ts'
import { shownRows } from '../runs/shown-rows.ts'
import { readEvents } from '../storage/runs.ts'
import { chatPageAt } from './chat-page-files.ts'
import { exportSource } from './export-source.ts'
import { baseOfRun } from './run-base.ts'
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
  const model = () => baseOfRun({ database, library }, record)
  const events = async () => (unkept ? unkept.events() : readEvents(await database(), run))
  const { shown = [] } = record
  return exportSource({
    config: record.config,
    baseModel: (await model().catch(() => null))?.info.name ?? record.base?.name ?? record.model,
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
