import type { TextRow } from '../dataset/rows.ts'
import type { Example } from '../protocol/batch.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import type { Finding, PreparedInfo, TokenisedSample } from '../protocol/studio.ts'
import type { Conversation, Split } from '../protocol/tokens.ts'
import type { ChatTokenizer } from './chat.ts'
import { type MaskOptions, maskExample } from './masks.ts'
import type { SplitExamples } from './table.ts'

export interface PrepareOptions extends MaskOptions {
  /** Tokenised samples to show. */
  samples?: number
  onProgress?: (share: number) => void
  signal?: AbortSignal
}

export interface Prepared {
  examples: SplitExamples
  info: Omit<PreparedInfo, 'tokens'>
}

/**
 * Tokenises the rows of each split. Rows that the template refuses, and rows whose supervised part does not fit into
 * `maxLength`, are left out and reported as findings.
 * @throws LapidaryError `nothing_to_learn` where no training row is left; `cancelled` through the signal.
 */
export async function prepareExamples(
  rows: Partial<Record<Split, readonly (Conversation | TextRow)[]>>,
  chat: ChatTokenizer,
  options: PrepareOptions,
): Promise<Prepared> {
  const examples: SplitExamples = { train: [], validation: [], test: [] }
  const tally = { truncated: 0, masked: [] as number[], refused: [] as LapidaryError[], longest: 0 }
  const lengths: number[] = []
  const total = Object.values(rows).reduce((sum, list) => sum + list.length, 0)
  let done = 0
  let paused = performance.now()
  for (const split of Object.keys(examples) as Split[])
    for (const row of rows[split] ?? []) {
      done++
      if (performance.now() - paused > 30) {
        options.onProgress?.(done / total)
        // A worker must come up for air to hear of a stop.
        await new Promise((resolve) => setTimeout(resolve))
        options.signal?.throwIfAborted()
        paused = performance.now()
      }
      let example: ReturnType<typeof maskExample>
      try {
        example = maskExample(row, chat, options)
      } catch (error) {
        if (!(error instanceof LapidaryError && error.code === 'bad_data')) throw error
        tally.refused.push(
          new LapidaryError({ ...error.toFailure(), detail: { ...error.detail, row: row.row } }),
        )
        continue
      }
      if (example.length > options.maxLength) tally.truncated++
      if (!example.supervised.includes(1)) {
        tally.masked.push(row.row)
        continue
      }
      lengths.push(example.tokens.length)
      tally.longest = Math.max(tally.longest, example.length)
      const { tokens, supervised } = example
      examples[split].push({ tokens, supervised, row: row.row })
    }
  if (examples.train.length === 0) nothingLeft(total, tally, options)
  return {
    examples,
    info: {
      examples: count(examples, () => 1),
      tokenCount: count(examples, (example) => example.tokens.length),
      supervisedCount: count(examples, (example) => supervisedCount(example)),
      longest: tally.longest,
      truncated: tally.truncated,
      histogram: histogram(lengths),
      findings: findings(tally, options.maxLength),
      samples: examples.train.slice(0, options.samples ?? 5).map((example) => showTokens(example, chat)),
    },
  }
}

/** Tokens of an example that are learnt. */
export function supervisedCount(example: Example): number {
  let sum = 0
  for (const flag of example.supervised) sum += flag
  return sum
}

/** An example as the model sees it, piece by piece. */
export function showTokens(example: Example, chat: ChatTokenizer): TokenisedSample {
  return {
    row: example.row,
    pieces: Array.from(example.tokens, (id, i) => ({
      text: chat.tokenizer.tokenText(id),
      id,
      supervised: example.supervised[i] === 1,
    })),
  }
}

type Tally = { truncated: number; masked: number[]; refused: LapidaryError[] }

function nothingLeft(total: number, tally: Tally, { maxLength }: PrepareOptions): never {
  const refused = tally.refused[0]
  if (refused && tally.masked.length === 0) throw refused
  if (total === 0)
    fail(
      'nothing_to_learn',
      'There is no row to learn from.',
      'Choose a file with rows, and the right columns.',
    )
  fail(
    'nothing_to_learn',
    `Nothing is left to learn: within ${maxLength} tokens no row reaches its answer.`,
    'Raise max_length, or shorten the prompts.',
    { max_length: maxLength, rows: total },
  )
}

function findings(tally: Tally, maxLength: number): Finding[] {
  const found: Finding[] = []
  const [masked, refused] = [tally.masked[0], tally.refused[0]]
  if (masked !== undefined)
    found.push({
      severity: 'warning',
      message: `${rowsOf(tally.masked.length)} left out: nothing to learn within ${maxLength} tokens.`,
      hint: 'The prompt alone fills the limit. Raise max_length, or shorten the prompts.',
      row: masked,
    })
  if (refused)
    found.push({
      severity: 'warning',
      message: `${rowsOf(tally.refused.length)} left out. The first: ${refused.message}`,
      hint: refused.hint,
      row: refused.detail?.row as number,
    })
  if (tally.truncated > tally.masked.length)
    found.push({
      severity: 'note',
      message: `${rowsOf(tally.truncated - tally.masked.length)} cut at ${maxLength} tokens.`,
      hint: 'The model will not see how those answers end. Raise max_length to keep them whole.',
    })
  return found
}

function rowsOf(count: number): string {
  return count === 1 ? '1 row was' : `${count} rows were`
}

function count(examples: SplitExamples, of: (example: Example) => number): Record<Split, number> {
  const sum = (list: Example[]) => list.reduce((total, example) => total + of(example), 0)
  return { train: sum(examples.train), validation: sum(examples.validation), test: sum(examples.test) }
}

/** About twenty bins of a round width. */
function histogram(lengths: number[]): { edges: number[]; counts: number[] } {
  const most = lengths.reduce((a, b) => Math.max(a, b), 1)
  const rough = most / 20
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)))
  const width = Math.max(1, [1, 2, 5, 10].map((m) => m * power).find((w) => w >= rough) ?? 1)
  const bins = Math.floor(most / width) + 1
  const counts = new Array<number>(bins).fill(0)
  for (const length of lengths) counts[Math.floor(length / width)]!++
  return { edges: Array.from({ length: bins + 1 }, (_, i) => i * width), counts }
}
