import { exporter } from '../export/registry.ts'
import type { ExportSource } from '../export/source.ts'
import { blobSource } from '../files/bytes.ts'
import { openWeights, readTensor } from '../files/weights.ts'
import type { StateTensor } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { Call, CheckpointChoice, ExportedFile } from '../protocol/studio.ts'
import { readEvents } from '../storage/runs.ts'
import { stopTokens } from '../tokens/chat.ts'
import { LORA_PREFIX } from '../trainer/checkpoint.ts'
import type { TrainParts } from './train-parts.ts'
import type { Unkept } from './unkept.ts'

/**
 * A checkpoint of a run as files of a format.
 * @param unkept the checkpoint, where it is in memory only
 * @throws LapidaryError `unsupported_format`, `missing_file`, and what the format cannot say
 */
export async function exportRun(
  { database, library, shelf }: TrainParts,
  run: string,
  format: string,
  which?: CheckpointChoice,
  call: Call = {},
  unkept: Unkept | null = null,
): Promise<ExportedFile[]> {
  const { files } = await exporter(format)
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
  const source: ExportSource = {
    config: record.config,
    baseModel: (await model().catch(() => null))?.info.name ?? record.model,
    template: record.template ?? null,
    step: meta.step,
    meta,
    tensors: async () => tensors,
    lora: () => adapterOf(tensors, call.signal),
    events: async () =>
      (unkept ? await unkept.events() : await readEvents(await database(), run)).slice(0, meta.event_count),
    async model() {
      const found = await model()
      const { config, practice } = found.info
      return {
        config,
        practice,
        files: found.files,
        weights: () => found.weights(record.config.model.quantization),
        template: async () => (await found.chat()).template.source,
        stops: async () => stopTokens(await found.chat(), config),
      }
    },
  }
  return files(source, call)
}

/** The adapter alone, without the moments, which are twice as large. */
async function adapterOf(tensors: Blob, signal?: AbortSignal): Promise<Record<string, StateTensor>> {
  const weights = await openWeights(new Map([['checkpoint.safetensors', blobSource(tensors)]]))
  const lora: Record<string, StateTensor> = {}
  for (const name of weights.tensors.keys()) {
    signal?.throwIfAborted()
    if (name.startsWith(LORA_PREFIX)) lora[name.slice(LORA_PREFIX.length)] = await readTensor(weights, name)
  }
  return lora
}
