import type { Engine, GenerateOptions } from '../protocol/engine.ts'
import type { Asked } from '../protocol/events.ts'

/** What sampling needs of a tokenizer and a chat template, passed in: no layer above the engine knows which. */
export interface ChatCodec {
  /** A prompt as the model's own chat template renders it, with the opening of the answer, as token ids. */
  render(prompt: Asked): Uint32Array
  /** Text of one answer's tokens as they arrive: never half a character. */
  stream(): { push(token: number): string; end(): string }
  /** Tokens that end an answer: end of turn, end of text, end of a call. */
  stopTokens: number[]
  /** A whole answer as people read it, where that is not what the model writes: calls of functions. */
  read?(text: string): string
}

export type AnswerOptions = Omit<GenerateOptions, 'stopTokens'>

export interface Answer {
  text: string
  /** Tokens drawn, the stop token left out. */
  tokens: number
  finish: 'stop' | 'length'
}

/**
 * Answers several prompts side by side. `onText` gets each answer's text in pieces, in order; the pieces of a prompt
 * joined are its answer, as the model wrote it.
 */
export async function answer(
  engine: Pick<Engine, 'generate'>,
  codec: ChatCodec,
  prompts: readonly Asked[],
  options: AnswerOptions,
  onText?: (prompt: number, piece: string) => void,
  signal?: AbortSignal,
): Promise<Answer[]> {
  const rendered = prompts.map((prompt) => codec.render(prompt))
  return answerRendered(engine, codec, rendered, options, onText, signal)
}

/** The same of prompts that are tokens already, with the opening of the answer. */
export async function answerRendered(
  engine: Pick<Engine, 'generate'>,
  codec: Omit<ChatCodec, 'render'>,
  prompts: Uint32Array[],
  options: AnswerOptions,
  onText?: (prompt: number, piece: string) => void,
  signal?: AbortSignal,
): Promise<Answer[]> {
  if (prompts.length === 0) return []
  const streams = prompts.map(() => codec.stream())
  const answers = prompts.map((): Answer => ({ text: '', tokens: 0, finish: 'length' }))
  const say = (prompt: number, piece: string) => {
    if (piece === '') return
    answers[prompt]!.text += piece
    onText?.(prompt, piece)
  }
  const request = { ...options, stopTokens: codec.stopTokens }
  for await (const { prompt, token, finish } of engine.generate(prompts, request, signal)) {
    const stream = streams[prompt]!
    if (finish !== 'stop') {
      answers[prompt]!.tokens++
      say(prompt, stream.push(token))
    }
    if (finish) {
      answers[prompt]!.finish = finish
      say(prompt, stream.end())
      answers[prompt]!.text = codec.read?.(answers[prompt]!.text) ?? answers[prompt]!.text
    }
  }
  return answers
}
