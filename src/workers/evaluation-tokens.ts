import { supervisedRowCount } from '../batches/collate.ts'
import type { Example } from '../protocol/batch.ts'
import { toFailure } from '../protocol/errors.ts'
import type { RunConfig } from '../protocol/run-config.ts'
import type { ChatTokenizer } from '../tokens/chat.ts'
import { maskExample } from '../tokens/masks.ts'
import type { EvaluationRow } from './evaluation-rows.ts'
import type { OpenModel } from './library.ts'

/** A row as the model is given it. */
export interface TokenRow {
  row: EvaluationRow
  /** With its reference, whose tokens are supervised. */
  example: Example
  /** What comes before the reference. */
  prompt: Uint32Array
}

export interface Tokenised {
  rows: TokenRow[]
  /** Beyond the positions that the model knows. */
  tooLong: EvaluationRow[]
  /** The chat template refuses them, or the model has no word for something in them. */
  refused: EvaluationRow[]
}

export class RowTokens {
  readonly #chat: ChatTokenizer
  readonly #model: OpenModel
  readonly #config: RunConfig
  #labels: { given: readonly string[]; shared: Uint32Array[] | null } | null = null

  constructor(chat: ChatTokenizer, model: OpenModel, config: RunConfig) {
    this.#chat = chat
    this.#model = model
    this.#config = config
  }

  rows(given: readonly EvaluationRow[]): Tokenised {
    const found: Tokenised = { rows: [], tooLong: [], refused: [] }
    for (const row of given) {
      const example = this.#example(row)
      if (example === null || !example.supervised.includes(1)) found.refused.push(row)
      else if (example.tokens.length > this.#model.info.config.maxPositions) found.tooLong.push(row)
      else found.rows.push({ row, example, prompt: example.tokens.subarray(0, opening(example)) })
    }
    return found
  }

  /**
   * The labels as answers to a row: tokens behind its prompt, as training writes them, the end of the turn included. Where two rows agree
   * in them all rows do: the template's opening of an answer parts what is before it from what is behind it.
   */
  labels(row: TokenRow, labels: readonly string[]): { prompt: Uint32Array; choices: Uint32Array[] } {
    const known = this.#labels
    if (known?.given === labels && known.shared) return { prompt: row.prompt, choices: known.shared }
    return this.#labelsOf(row, labels)
  }

  /** Tells whether rows agree in how labels are written behind them. */
  compare(rows: readonly TokenRow[], labels: readonly string[]): void {
    const [first, second] = [rows[0], rows.at(-1)]
    if (!first || !second) return
    const [a, b] = [this.#labelsOf(first, labels), this.#labelsOf(second, labels)]
    const text = ({ choices }: typeof a) => choices.map((choice) => choice.join()).join(';')
    const whole = a.prompt.length === first.prompt.length && b.prompt.length === second.prompt.length
    this.#labels = { given: labels, shared: whole && text(a) === text(b) ? a.choices : null }
  }

  #labelsOf({ row, prompt }: TokenRow, labels: readonly string[]) {
    const source = row.source as Extract<EvaluationRow['source'], { messages: unknown }>
    const before = source.messages.slice(0, -1)
    const written = labels.map(
      (label) =>
        this.#mask({ ...source, messages: [...before, { role: 'assistant', content: label }] }).tokens,
    )
    // A tokenizer that joins what is before an answer with its beginning has less of a prompt in common.
    const shared = written.reduce((least, tokens) => Math.min(least, common(tokens, prompt)), prompt.length)
    return {
      prompt: prompt.subarray(0, shared),
      choices: written.map((tokens) => tokens.subarray(shared)),
    }
  }

  #example(row: EvaluationRow): Example | null {
    try {
      return this.#mask(row.source)
    } catch (error) {
      if (toFailure(error).code === 'bad_data') return null
      throw error
    }
  }

  #mask(source: EvaluationRow['source']) {
    const { format } = this.#config.data
    const { vocabSize } = this.#model.info.config
    const whole = Number.MAX_SAFE_INTEGER
    return maskExample(source, this.#chat, { maxLength: whole, completionOnly: true, vocabSize, format })
  }
}

/** Tokens before the first that is supervised. */
function opening({ supervised }: Example): number {
  return supervised.indexOf(1)
}

function common(a: Uint32Array, b: Uint32Array): number {
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  return i
}

/** Rows that are predicted in an example. */
export const predicted = ({ example }: TokenRow): number => supervisedRowCount(example)
