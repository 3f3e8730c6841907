import type { Engine, GenerateOptions } from '../protocol/engine.ts'

/** What sampling needs of a tokenizer and a chat template, passed in: no layer above the engine knows which. */
export interface ChatCodec {
  /** A prompt as the model's own chat template renders it, with the opening of the answer, as token ids. */
  render(prompt: string): Uint32Array
  decode(tokens: Uint32Array): string
  /** Tokens that end an answer: end of turn, end of text. */
  stopTokens: number[]
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
 * joined are its answer.
 */
export async function answer(
  engine: Pick<Engine, 'generate'>,
  codec: ChatCodec,
  prompts: readonly string[],
  options: AnswerOptions,
  onText?: (prompt: number, piece: string) => void,
  signal?: AbortSignal,
): Promise<Answer[]> {
  if (prompts.length === 0) return []
  const rendered = prompts.map((prompt) => codec.render(prompt))
  const streams = prompts.map(() => new TextStream(codec))
  const finish: Answer['finish'][] = prompts.map(() => 'length')
  const say = (prompt: number, piece: string) => {
    if (piece) onText?.(prompt, piece)
  }
  const request = { ...options, stopTokens: codec.stopTokens }
  for await (const drawn of engine.generate(rendered, request, signal)) {
    const stream = streams[drawn.prompt]!
    if (drawn.finish) finish[drawn.prompt] = drawn.finish
    if (drawn.finish !== 'stop') say(drawn.prompt, stream.push(drawn.token))
    if (drawn.finish) say(drawn.prompt, stream.end())
  }
  return streams.map((stream, i) => ({ text: stream.text, tokens: stream.count, finish: finish[i]! }))
}

/**
 * Text of a growing list of tokens. A token may be part of a character (byte fallback) or change how its neighbours
 * are spaced, so text is given out only once a later decode can no longer change it.
 */
export class TextStream {
  readonly #decode: (tokens: Uint32Array) => string
  /** The tokens that the next ones are decoded behind, and those whose text is not yet settled. */
  #tail: number[] = []
  /** Text of the tail that has been given out. */
  #given = ''
  #text = ''
  count = 0

  constructor(codec: Pick<ChatCodec, 'decode'>) {
    this.#decode = (tokens) => codec.decode(tokens)
  }

  /** Everything given out so far. */
  get text(): string {
    return this.#text
  }

  /** @returns the piece of text that this token settles: often its own, sometimes none */
  push(token: number): string {
    this.count++
    this.#tail.push(token)
    const whole = this.#decode(Uint32Array.from(this.#tail))
    // A character cut in the middle decodes to the replacement character until its last byte is there.
    return whole.endsWith('\ufffd') ? '' : this.#give(whole)
  }

  /** @returns whatever text is left, cut characters included */
  end(): string {
    return this.#tail.length === 0 ? '' : this.#give(this.#decode(Uint32Array.from(this.#tail)))
  }

  #give(whole: string): string {
    const last = this.#tail.at(-1)!
    const alone = this.#decode(Uint32Array.of(last))
    // Bytes that never became a character can change how those before them read: what was given stays given.
    const piece = whole.startsWith(this.#given) ? whole.slice(this.#given.length) : alone
    this.#text += piece
    // Go on from this token alone, so that a long answer is not decoded again for each of its tokens; unless it is
    // part of a character, which reads differently alone.
    const settled = !alone.includes('\ufffd')
    if (settled) this.#tail = [last]
    this.#given = settled ? alone : whole
    return piece
  }
}
