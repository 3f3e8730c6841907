import type { ExportSource } from '../export/source.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { RunConfig } from '../protocol/run-config.ts'
import type { CheckpointMeta } from '../trainer/checkpoint.ts'
import { readCheckpointAdapter } from './checkpoint-files.ts'
import type { OpenModel } from './library.ts'

/** A checkpoint of a run, wherever it lies. */
export interface CheckpointParts {
  config: RunConfig
  /** What the base is called. */
  baseModel: string
  template: string | null
  meta: CheckpointMeta
  tensors: Blob
  proof?: ExportSource['proof']
  shown?: ExportSource['shown']
  /** The whole log. */
  events(): Promise<RunEvent[]>
  /** @throws LapidaryError where it is not here, or is another one */
  model(): Promise<OpenModel>
  chatPage: ExportSource['chatPage']
  signal?: AbortSignal | undefined
}

/** What formats of export ask of it. */
export function exportSource(parts: CheckpointParts): ExportSource {
  const { config, baseModel, template, meta, tensors, signal } = parts
  return {
    config,
    baseModel,
    template,
    step: meta.step,
    meta,
    tensors: async () => tensors,
    proof: parts.proof ?? null,
    shown: parts.shown ?? [],
    lora: () => readCheckpointAdapter(meta, tensors, signal),
    chatPage: parts.chatPage,
    events: async () => {
      const all = await parts.events()
      const end = all[meta.event_count]
      // How the run ended is told right behind its last checkpoint.
      const past = end?.type === 'done' && end.step === meta.step ? 1 : 0
      return all.slice(0, meta.event_count + past)
    },
    async model() {
      const model = await parts.model()
      const { config: shape, practice } = model.info
      return {
        config: shape,
        practice,
        files: model.files,
        weights: () => model.weights(config.model.quantization),
        template: async () => (await model.chat()).template.source,
        stops: async () => (await import('../tokens/chat.ts')).stopTokens(await model.chat(), shape),
      }
    },
  }
}
