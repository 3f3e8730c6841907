import type { EngineChoice, GenerateOptions, PortableBackendChoice } from '../engine.ts'
import type { Call } from './call.ts'

/** Questions to a model, with or without what a run has taught it. */
export interface AnswerRoom {
  /** Answers with the base model, or a run's adapter on it. Text arrives in pieces, by prompt. */
  answer(
    request: AnswerRequest,
    onText: (prompt: number, text: string) => void,
    call?: Call,
  ): Promise<string[]>
}

export interface AnswerRequest {
  model: string
  /** Run whose adapter answers; null for the base model. */
  run: string | null
  prompts: string[]
  options: Omit<GenerateOptions, 'stopTokens' | 'adapter'>
  /** For the base model; a run's adapter answers on the run's own engine. */
  engine?: EngineChoice
  portableBackend?: PortableBackendChoice
}
