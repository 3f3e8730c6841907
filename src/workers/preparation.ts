import type { Table } from 'apache-arrow'
import { Frame } from '../dataset/frame.ts'
import { guessMapping } from '../dataset/guess.ts'
import { inspectFrame } from '../dataset/inspect/index.ts'
import { NO_MAPPING } from '../dataset/mapping.ts'
import { describeColumns } from '../dataset/open.ts'
import { type PipelineResult, runPipeline } from '../dataset/pipeline.ts'
import { mapFrame } from '../dataset/rows.ts'
import { runSteps } from '../dataset/steps/index.ts'
import { sha256Hex } from '../lib/hash.ts'
import { SITE, shuffle } from '../lib/threefry.ts'
import { NO_AUGMENT, NO_SPLIT } from '../protocol/data-steps.ts'
import { fail, toFailure } from '../protocol/errors.ts'
import type {
  ExamplesRequest,
  ExampleText,
  Finding,
  InspectRequest,
  PreparedInfo,
  PrepareRequest,
  StepReport,
  StepsReport,
  StepsRequest,
  TokenisedSample,
} from '../protocol/preparation.ts'
import type { Page } from '../protocol/rooms/call.ts'
import type { Conversation, Split } from '../protocol/tokens.ts'
import type { Database, StoredDataset } from '../storage/database.ts'
import { putTokens } from '../storage/datasets.ts'
import { prepareExamples, tokenSample } from '../tokens/prepare.ts'
import { writeTokenTable } from '../tokens/table.ts'
import { scaled } from './estimate.ts'
import type { Library } from './library.ts'

/** Part of a token table's key: counts up when the same request would give other tokens. */
const TOKENS_VERSION = 2
/** Rows that stand for all of them in an estimate. */
export const ESTIMATE_ROWS = 2000

/** Where preparation finds what it works on. */
export interface Sources {
  database(): Promise<Database>
  library(): Promise<Library>
  find(dataset: string): Promise<StoredDataset>
  table(stored: StoredDataset): Promise<Table>
}

/** The last result of a kind by what it was made of: options are changed one at a time, and asked about often. */
class Latest<T> {
  #held: { key: string; value: Promise<T> } | null = null

  get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#held
    if (known?.key === key)
      return known.value.catch((error: unknown) => {
        // Whoever asked first may have stopped it; that is no answer for whoever asks now.
        if (toFailure(error).code === 'cancelled') return this.get(key, make)
        throw error
      })
    const held = { key, value: make() }
    this.#held = held
    held.value.catch(() => {
      if (this.#held === held) this.#held = null
    })
    return held.value
  }
}

type Stepped = Awaited<ReturnType<typeof runSteps>>

/** From stored rows to token tables: what the page asks while a person chooses, and what a run needs. */
export class Preparation {
  readonly #sources: Sources
  readonly #stepped = new Latest<Stepped & { of: number; drawn: number }>()
  readonly #piped = new Latest<PipelineResult>()
  readonly #sampled = new Latest<PipelineResult>()

  constructor(sources: Sources) {
    this.#sources = sources
  }

  async steps(request: StepsRequest, signal?: AbortSignal): Promise<StepsReport> {
    const { frame, reports, of, drawn } = await this.#afterSteps(request, signal)
    const first = frame.pick(Uint32Array.from({ length: Math.min(frame.rows, 1000) }, (_, i) => i)).toTable()
    return {
      steps: reports,
      rows: frame.rows,
      columns: [...frame.names],
      preview: Array.from({ length: Math.min(5, frame.rows) }, (_, i) => frame.row(i)),
      guess: guessMapping(first, describeColumns(first)),
      ...(drawn < of ? { estimate: { rows: drawn, of } } : {}),
    }
  }

  async rowsAfter(request: StepsRequest, { offset, count }: Page, signal?: AbortSignal) {
    const { frame } = await this.#afterSteps(request, signal)
    const start = Math.max(0, offset)
    const length = Math.max(0, Math.min(count, frame.rows - start))
    const page = Array.from({ length }, (_, i) => ({
      row: frame.source[start + i]!,
      values: frame.row(start + i),
    }))
    return { rows: frame.rows, page }
  }

  async inspect(request: InspectRequest, signal?: AbortSignal): Promise<Finding[]> {
    const { frame, reports } = await this.#afterSteps(request, signal)
    const { model, maxLength } = request
    return [
      ...reports.flatMap((report: StepReport) => report.findings),
      ...(await inspectFrame(frame, {
        mapping: request.mapping,
        split: request.split ?? null,
        validationShare: request.validationShare ?? 0,
        seed: request.seed,
        ...(signal ? { signal } : {}),
      })),
      ...(model === undefined || maxLength === undefined
        ? []
        : await this.#lengths({ ...request, model, maxLength }, signal)),
    ]
  }

  /** Examples that are too long for a model, from those of an estimate. */
  async #lengths(
    {
      dataset,
      steps,
      mapping,
      split,
      validationShare = 0,
      seed,
      model,
      maxLength,
      format,
    }: InspectRequest & {
      model: string
      maxLength: number
    },
    signal?: AbortSignal,
  ): Promise<Finding[]> {
    const request = { dataset, mapping, seed, model, maxLength, validationShare, completionOnlyLoss: null }
    const looked = await this.#look(
      {
        ...request,
        ...(steps ? { steps } : {}),
        ...(split ? { split } : {}),
        ...(format ? { format } : {}),
      },
      signal,
    ).catch((error: unknown) => {
      const { code, message, hint } = toFailure(error)
      if (code === 'nothing_to_learn') return { message, hint }
      // A mapping that is not whole yet is no finding; `prepare` says what it lacks.
      if (/^(missing_column|bad_data|bad_config)$/.test(code)) return null
      throw error
    })
    if (looked === null) return []
    if ('message' in looked) return [{ kind: 'nothing_to_learn', severity: 'error', ...looked }]
    const { info, rows, of } = looked
    const found = info.findings.filter(({ kind }) => kind === 'long_example' || kind === 'nothing_to_learn')
    if (rows === of) return found
    return found.map((finding) => ({
      ...finding,
      message: `Of ${rows} rows looked at: ${finding.message}`,
    }))
  }

  async estimate(request: PrepareRequest, signal?: AbortSignal): Promise<PreparedInfo> {
    const { info, result, rows, of } = await this.#look(request, signal)
    const found = { ...info, tokens: '', findings: [], ...described(result) }
    return rows === of ? found : scaled(found, { rows, of })
  }

  async #look(request: PrepareRequest, signal?: AbortSignal) {
    const stored = await this.#sources.find(request.dataset)
    const of = stored.info.rows
    const rows = Math.min(of, ESTIMATE_ROWS)
    const result = await this.#sampled.get(await pipelineKey(request, stored), () =>
      this.#run(request, stored, rows, signal),
    )
    const { info } = await this.#tokenise(request, result, signal)
    return { info, result, rows, of }
  }

  async prepare(
    request: PrepareRequest,
    signal?: AbortSignal,
    onProgress?: (share: number) => void,
  ): Promise<PreparedInfo> {
    const database = await this.#sources.database()
    const stored = await this.#sources.find(request.dataset)
    const model = await (await this.#sources.library()).open(request.model)
    const id = await tokensKey(request, stored.info.hash, model.info.hash)
    const known = await database.get('tokens', id)
    if (known) return known.info
    const result = await this.#whole(request, stored, signal)
    const { examples, info } = await this.#tokenise(request, result, signal, onProgress)
    const findings = [...result.findings, ...info.findings]
    const prepared: PreparedInfo = { ...info, ...described(result), tokens: id, findings }
    const parts = { id, dataset: stored.id, model: model.info.hash, info: prepared }
    await putTokens(database, parts, writeTokenTable(examples), signal)
    return prepared
  }

  async tokenSamples(request: PrepareRequest, split: Split, { offset, count }: Page, signal?: AbortSignal) {
    const stored = await this.#sources.find(request.dataset)
    const model = await (await this.#sources.library()).open(request.model)
    const [chat, { rows }] = [await model.chat(), await this.#whole(request, stored, signal)]
    const options = maskOptions(request, model.info.config.vocabSize)
    const samples: TokenisedSample[] = []
    for (const row of rows[split].slice(Math.max(0, offset), Math.max(0, offset) + count)) {
      const sample = tokenSample(row, split, chat, options)
      if (sample) samples.push(sample)
    }
    return { total: rows[split].length, samples }
  }

  async examples(request: ExamplesRequest, split: Split, { offset, count }: Page, signal?: AbortSignal) {
    const { rows } = await this.#whole(request, await this.#sources.find(request.dataset), signal)
    const start = Math.max(0, offset)
    const examples = rows[split].slice(start, start + count).map(
      (row): ExampleText => ({
        row: row.row,
        origin: 'origin' in row ? row.origin : 'data',
        messages: 'messages' in row ? row.messages : null,
        text: 'text' in row ? row.text : null,
      }),
    )
    return { total: rows[split].length, examples }
  }

  /** Training rows as text, for a model to write more like them. */
  async trainingRows(request: ExamplesRequest, signal?: AbortSignal) {
    const stored = await this.#sources.find(request.dataset)
    return (await this.#whole({ ...request, augment: NO_AUGMENT }, stored, signal)).rows.train
  }

  async #whole(request: ExamplesRequest, stored: StoredDataset, signal?: AbortSignal) {
    return this.#piped.get(await pipelineKey(request, stored), () =>
      this.#run(request, stored, stored.info.rows, signal),
    )
  }

  async #run(request: ExamplesRequest, stored: StoredDataset, rows: number, signal?: AbortSignal) {
    const table = await this.#sources.table(stored)
    const { seed, mapping, validationShare, steps = [], split = null, augment = null } = request
    return runPipeline(frameOf(table, rows, seed), {
      steps,
      mapping,
      split,
      augment,
      validationShare,
      synthetic: await this.#synthetic(augment?.synthetic ?? null),
      seed,
      share: rows / Math.max(1, table.numRows),
      ...(signal ? { signal } : {}),
    })
  }

  async #synthetic(set: { dataset: string; hash: string } | null): Promise<Conversation[]> {
    if (set === null) return []
    const stored = await (await this.#sources.database()).get('datasets', set.dataset)
    if (!stored || stored.info.hash !== set.hash)
      fail(
        'missing_file',
        'The examples that a model wrote for this run are not in this browser.',
        'Have them written again, or leave them out (data.augment.synthetic: null).',
        { dataset: set.dataset, expected: set.hash, found: stored?.info.hash ?? null },
      )
    const table = await this.#sources.table(stored)
    const mapping = { ...NO_MAPPING, prompt: 'prompt', response: 'response', system: 'system' }
    return mapFrame(Frame.of(table), mapping).rows as Conversation[]
  }

  async #tokenise(
    request: PrepareRequest,
    { rows }: PipelineResult,
    signal?: AbortSignal,
    onProgress?: (share: number) => void,
  ) {
    const model = await (await this.#sources.library()).open(request.model)
    return prepareExamples(rows, await model.chat(), {
      ...maskOptions(request, model.info.config.vocabSize),
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    })
  }

  async #afterSteps(request: StepsRequest, signal?: AbortSignal) {
    const stored = await this.#sources.find(request.dataset)
    const { steps = [], seed } = request
    const drawn = Math.min(request.sample ?? stored.info.rows, stored.info.rows)
    const key = JSON.stringify([stored.id, stored.info.hash, steps, seed, drawn])
    return this.#stepped.get(key, async () => {
      const table = await this.#sources.table(stored)
      const frame = frameOf(table, drawn, seed)
      const share = drawn / Math.max(1, table.numRows)
      const result = await runSteps(frame, steps, { seed, share, ...(signal ? { signal } : {}) })
      return { ...result, of: table.numRows, drawn }
    })
  }
}

/** So many rows drawn by seed, in their own order; all of them where that is all there are. */
function frameOf(table: Table, rows: number, seed: number): Frame {
  if (rows >= table.numRows) return Frame.of(table)
  return Frame.of(table, shuffle(table.numRows, seed, 0, SITE.estimate).subarray(0, rows).sort())
}

function described({ labels, steps }: PipelineResult): Partial<PreparedInfo> {
  return { ...(labels ? { labels } : {}), ...(steps.length > 0 ? { steps } : {}) }
}

function maskOptions({ maxLength, completionOnlyLoss, format }: PrepareRequest, vocabSize: number) {
  return { maxLength, completionOnly: completionOnlyLoss ?? true, vocabSize, ...(format ? { format } : {}) }
}

async function pipelineKey(request: ExamplesRequest, stored: StoredDataset): Promise<string> {
  const { mapping, validationShare, seed } = request
  return JSON.stringify([
    stored.id,
    stored.info.hash,
    plainMapping(mapping),
    validationShare,
    seed,
    extras(request),
  ])
}

/** The same request on the same bytes is the same table. */
async function tokensKey(request: PrepareRequest, data: string, model: string): Promise<string> {
  const { mapping, maxLength, completionOnlyLoss, format, validationShare, seed } = request
  const beyond = extras(request)
  const key = [
    TOKENS_VERSION,
    data,
    model,
    plainMapping(mapping),
    [maxLength, completionOnlyLoss ?? true, validationShare, seed],
    ...(beyond === null ? [] : [beyond]),
    ...(format === 'kauldron' ? [format] : []),
  ]
  return (await sha256Hex(JSON.stringify(key))).slice(0, 32)
}

function plainMapping({ prompt, response, system, messages, text }: ExamplesRequest['mapping']) {
  return [prompt, response, system, messages, text]
}

/** What goes beyond columns and a random split, in one canonical form; null where nothing does. */
function extras({ mapping, steps = [], split, augment }: ExamplesRequest) {
  const { input = null, template = null, labels = null } = mapping
  const words = labels && Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  const active = steps.filter(({ enabled }) => enabled)
  const own = <T extends object>(value: T | undefined, none: T) =>
    value === undefined || JSON.stringify({ ...none, ...value }) === JSON.stringify(none)
      ? null
      : { ...none, ...value }
  const found = [
    input,
    template,
    words,
    active.length > 0 ? steps : null,
    own(split, NO_SPLIT),
    own(augment, NO_AUGMENT),
  ]
  return found.every((value) => value === null) ? null : found
}
