import type { EngineChoice, GenerateOptions, PortableBackendChoice } from '../engine.ts'
import type { Quantization } from '../model.ts'
import type { Message, Tool } from '../tokens.ts'
import type { Call } from './call.ts'
import type { CheckpointChoice } from './exports.ts'

/** Questions to a model, with or without what a run has taught it. */
export interface AnswerRoom {
  /** Answers with the base model, or a run's adapter on it, in the order of prompts. Text arrives in pieces, by prompt. */
  answer(
    request: AnswerRequest,
    onText: (prompt: number, text: string) => void,
    call?: Call,
  ): Promise<Answered[]>
}

export interface Answered {
  /** Calls in it stand as `name({"argument":value})`, a line each. */
  text: string
  /** `length`: it met the limit on its length, or the last position that the model knows. */
  finish: 'stop' | 'length'
}

export interface AnswerRequest {
  model: string
  /** Run whose adapter answers; null for the base model. */
  run: string | null
  /** For the base model: the run whose base it must be, to the byte; `model` counts where there is no such run. */
  baseOf?: string
  /** Checkpoint of the run; by default the newest. Of a run that goes on, what it is training answers. */
  checkpoint?: CheckpointChoice
  prompts: string[]
  /** Functions that each may be answered with a call of. */
  tools?: Tool[]
  system?: string
  /** Turns before each of the prompts. */
  before?: Message[]
  /** By how much the adapter acts: 0 not at all, 1 (default) as it was trained, 2 twice as much. Not of a run that goes on. */
  strength?: number
  /** By default `answer`. */
  purpose?: AnswerPurpose
  options: Omit<GenerateOptions, 'stopTokens' | 'adapter'>
  /** For the base model; a run's adapter answers on the run's own engine. */
  engine?: EngineChoice
  portableBackend?: PortableBackendChoice
  /** What the base model is held in, likewise; by default as it is stored. */
  quantization?: Quantization
}

/** What answers are for; who has to wait for them is told so. */
export type AnswerPurpose = 'answer' | 'evaluation' | 'synthesis'
