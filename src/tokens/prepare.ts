import { leaveOutRows } from '../dataset/inspect/examples.ts'
import type { TextRow } from '../dataset/rows.ts'
import { breathe } from '../lib/breath.ts'
import { counted, grouped } from '../lib/counted.ts'
import { rowNumber } from '../lib/row-numbers.ts'
import type { Example } from '../protocol/batch.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import type { Finding, PreparedInfo, TokenisedSample } from '../protocol/studio.ts'
import type { Conversation, Origin, Split } from '../protocol/tokens.ts'
import type { ChatTokenizer } from './chat.ts'
import { type MaskedExample, type MaskOptions, maskExample } from './masks.ts'
import type { SplitExamples } from './table.ts'

export interface PrepareOptions extends MaskOptions {
  /** Tokenised samples to show. */
  samples?: number
  onProgress?: (share: number) => void
  signal?: AbortSignal
}

/** A row to be tokenised; `origin` where it was made. */
export type Row = (Conversation | TextRow) & { origin?: Origin }

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
  rows: Partial<Record<Split, readonly Row[]>>,
  chat: ChatTokenizer,
  options: PrepareOptions,
): Promise<Prepared> {
  const examples: SplitExamples = { train: [], validation: [], test: [] }
  const tally: Tally = { cut: [], masked: [], refused: [], longest: 0, longestOfAll: 0 }
  const lengths: number[] = []
  const origins: Record<Origin, number> = { data: 0, reworded: 0, noisy: 0, synthetic: 0 }
  const samples: TokenisedSample[] = []
  const total = Object.values(rows).reduce((sum, list) => sum + list.length, 0)
  let done = 0
  let paused = performance.now()
  for (const split of Object.keys(examples) as Split[])
    for (const row of rows[split] ?? []) {
      done++
      if (performance.now() - paused > 30) {
        options.onProgress?.(done / total)
        // A worker must come up for air to hear of a stop.
        await breathe()
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
      tally.longestOfAll = Math.max(tally.longestOfAll, example.length)
      if (!example.supervised.includes(1)) {
        if (example.length > options.maxLength) tally.masked.push(row.row)
        else tally.refused.push(nothingIn(row.row, options))
        continue
      }
      if (example.length > options.maxLength) tally.cut.push(row.row)
      lengths.push(example.tokens.length)
      tally.longest = Math.max(tally.longest, example.length)
      const { tokens, supervised } = example
      const { origin = 'data' } = row
      origins[origin]++
      examples[split].push({ tokens, supervised, row: row.row, ...(origin === 'data' ? {} : { origin }) })
      if (split === 'train' && samples.length < (options.samples ?? 5))
        samples.push(showExample(example, row, split, chat, options))
    }
  if (examples.train.length === 0) nothingLeft(total, tally, options)
  return {
    examples,
    info: {
      examples: count(examples, () => 1),
      tokenCount: count(examples, (example) => example.tokens.length),
      supervisedCount: count(examples, (example) => supervisedCount(example)),
      longest: tally.longest,
      truncated: tally.cut.length,
      needed: roomFor(tally),
      histogram: histogram(lengths),
      findings: findings(tally, options),
      samples,
      origins,
    },
  }
}

/** A row that is whole, and has no token to learn. */
function nothingIn(row: number, { numbers }: MaskOptions): LapidaryError {
  return new LapidaryError({
    code: 'bad_data',
    message: `Nothing of row ${rowNumber(row, numbers)} would be learnt: it has no answer, or the model's chat template leaves it out.`,
    hint: 'Give the row an answer, or leave it out.',
    detail: { row },
  })
}

/** Tokens of an example that are learnt. */
export function supervisedCount(example: Example): number {
  let sum = 0
  for (const flag of example.supervised) sum += flag
  return sum
}

/** Tokens shown of those that were cut off. */
const LOST_SHOWN = 64

/**
 * One row as the model will see it. Null where it is left out: the template refuses it, or nothing in it is learnt.
 */
export function tokenSample(
  row: Row,
  split: Split,
  chat: ChatTokenizer,
  options: MaskOptions,
): TokenisedSample | null {
  try {
    const example = maskExample(row, chat, options)
    return example.supervised.includes(1) ? showExample(example, row, split, chat, options) : null
  } catch (error) {
    if (error instanceof LapidaryError && error.code === 'bad_data') return null
    throw error
  }
}

function showExample(
  example: MaskedExample,
  row: Row,
  split: Split,
  chat: ChatTokenizer,
  options: MaskOptions,
): TokenisedSample {
  const cut = example.length - example.tokens.length
  const show = (tokens: Uint32Array, supervised: Uint8Array) =>
    Array.from(tokens, (id, i) => ({
      text: chat.tokenizer.tokenText(id),
      id,
      supervised: supervised[i] === 1,
    }))
  const sample: TokenisedSample = {
    row: row.row,
    pieces: show(example.tokens, example.supervised),
    split,
    origin: row.origin ?? 'data',
    cut,
  }
  if (cut === 0) return sample
  const whole = maskExample(row, chat, { ...options, maxLength: example.tokens.length + LOST_SHOWN })
  const from = example.tokens.length
  return { ...sample, lost: show(whole.tokens.subarray(from), whole.supervised.subarray(from)) }
}

interface Tally {
  /** Rows cut and kept, cut to nothing worth learning, and refused by the template. */
  cut: number[]
  masked: number[]
  refused: LapidaryError[]
  longest: number
  longestOfAll: number
}

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
    'Allow more tokens an example (max_length), or shorten the prompts.',
    { max_length: maxLength, rows: total, needed: roomFor(tally) },
  )
}

function findings(tally: Tally, { maxLength, maxPositions = MOST }: MaskOptions): Finding[] {
  const found: Finding[] = []
  const [masked, refused] = [tally.masked[0], tally.refused[0]]
  const needed = roomFor(tally)
  const room = Math.min(needed, maxPositions)
  const beyond =
    needed > room ? ` This model was made for ${grouped(room)} tokens at most: shorten what is longer.` : ''
  const fix: Finding['fix'] = {
    kind: 'training',
    label: `Allow ${grouped(room)} tokens`,
    field: 'max_length',
    value: room,
  }
  if (masked !== undefined)
    found.push({
      kind: 'nothing_to_learn',
      severity: 'warning',
      message: `${rowsOf(tally.masked.length)} left out: nothing to learn within ${grouped(maxLength)} tokens.`,
      hint: `The prompt alone fills the limit. Allow more tokens an example (max_length), or shorten the prompts.${beyond}`,
      row: masked,
      count: tally.masked.length,
      ...(room > maxLength ? { fix } : {}),
    })
  if (refused)
    found.push({
      kind: 'bad_conversation',
      severity: 'warning',
      message: `${rowsOf(tally.refused.length)} left out. The first: ${refused.message}`,
      hint: refused.hint,
      row: refused.detail?.row as number,
      count: tally.refused.length,
      fix: leaveOutRows(tally.refused.map(({ detail }) => detail?.row as number)),
    })
  if (tally.cut.length > 0)
    found.push({
      kind: 'long_example',
      severity: 'warning',
      message: `${rowsOf(tally.cut.length)} cut at ${grouped(maxLength)} tokens.`,
      hint: `The model will not see how those answers end, and will not learn to stop. Allow more tokens an example (max_length) to keep them whole.${beyond}`,
      row: tally.cut[0]!,
      count: tally.cut.length,
      ...(room > maxLength ? { fix } : {}),
    })
  return found
}

/** What `max_length` may be at most. */
const MOST = 131_072
/** Tokens that the longest example has, rounded up. */
const roomFor = ({ longestOfAll }: Tally) => Math.min(Math.ceil(longestOfAll / 64) * 64, MOST)

const rowsOf = (count: number) => counted(count, 'row was', 'rows were')

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
