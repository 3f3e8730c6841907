import type { ByteSource } from '../files/bytes.ts'
import type { StateTensor } from '../protocol/engine.ts'
import type { RunEvent, SampleEvent } from '../protocol/events.ts'
import { blobFile } from '../protocol/exported.ts'
import type { ModelConfig, WeightSource } from '../protocol/model.ts'
import type { Proof } from '../protocol/proof.ts'
import type { RunConfig } from '../protocol/run-config.ts'
import type { Call, ExportedFile, ExportFormat } from '../protocol/studio.ts'

/** The base model of a run. */
export interface BaseSource {
  config: ModelConfig
  files: ReadonlyMap<string, ByteSource>
  /** Made for practice; not of Google's Gemma releases. */
  practice: boolean
  /** What the adapter was trained on, under the names of the table of tensors: rounded where it was held in fewer bits. */
  weights(): Promise<WeightSource>
  /** The base's own chat template, or what stands in for it. */
  template(): Promise<string>
  /** Tokens at which an answer ends. */
  stops(): Promise<number[]>
}

/** A run at one of its checkpoints, as far as a format asks for it. */
export interface ExportSource {
  config: RunConfig
  /** What the base model is called. */
  baseModel: string
  /** The chat template that it was trained with; null for runs of earlier versions. */
  template: string | null
  /** Step that the checkpoint is of. */
  step: number
  /** The JSON half of the checkpoint. */
  meta: object
  /** The safetensors half, as stored. */
  tensors(): Promise<Blob>
  /** The adapter under PEFT's names, f32. */
  lora(): Promise<Record<string, StateTensor>>
  /** Questions that a person chose to show in a card, with their answers; by default none. */
  shown?: readonly SampleEvent[]
  /** Whether a base that is nowhere else to be had may be put beside the adapter (by default). */
  baseBeside?: boolean
  /** What base and tuned model said of built-in prompts; null where that was not made. */
  proof?: Proof | null
  /** The run's log up to the checkpoint. */
  events(): Promise<RunEvent[]>
  /** @throws LapidaryError `missing_file` where the base model is not here any more */
  model(): Promise<BaseSource>
  /**
   * The files of a chat page, as this version of the studio is built with them: index.html, scripts, WebAssembly.
   * @throws LapidaryError `missing_file` where it was built without
   */
  chatPage(): Promise<ExportedFile[]>
}

/** How near log-probabilities in a format's library must come to those that the studio found. */
export interface Check {
  /** Parts of `check.py`, files of `checkers/`; none where the export checks itself. */
  checker: readonly string[]
  /** Nats a token that count as the same, and why not fewer. */
  nats: number
  reason: string
  /** It is put on the base as that is stored, which may have been held in fewer bits while the adapter learnt. */
  onStoredBase?: boolean
}

/** The default export of a file in `formats/`, whose name is the format's id. */
export interface Exporter extends Omit<ExportFormat, 'id' | 'proven'> {
  files(source: ExportSource, call: Call): Promise<ExportedFile[]>
  /** How what is written can be checked where it is loaded; formats that nothing but the studio loads have none. */
  check?: Check
}

/** The chat template as Transformers and TRL put it beside an adapter; none where it is not known. */
export function templateFile({ template }: Pick<ExportSource, 'template'>): ExportedFile[] {
  return template === null
    ? []
    : [blobFile('chat_template.jinja', new Blob([template], { type: 'text/plain' }))]
}
