import type { Table } from 'apache-arrow'
import { Frame } from '../dataset/frame.ts'
import { guessMapping } from '../dataset/guess.ts'
import { inspectFrame } from '../dataset/inspect/index.ts'
import { describeColumns } from '../dataset/open.ts'
import { type ExampleRow, type PipelineResult, runPipeline } from '../dataset/pipeline.ts'
import { mapFrame } from '../dataset/rows.ts'
import { runSteps } from '../dataset/steps/index.ts'
import { taskOutlook } from '../evaluation/task.ts'
import type { RowNumbers } from '../lib/row-numbers.ts'
import { SITE, shuffle } from '../lib/threefry.ts'
import { NO_AUGMENT } from '../protocol/data-steps.ts'
import { fail, toFailure } from '../protocol/errors.ts'
import { type ConfigStage, heeded } from '../protocol/identity.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type {
  ExampleText,
  Finding,
  PreparedInfo,
  StepReport,
  StepsReport,
  TokenisedSample,
} from '../protocol/preparation.ts'
import { type DataRecipe, mappingOf, NO_MAPPING, type OpenRecipe, type Recipe } from '../protocol/recipe.ts'
import type { Page, RowsPage } from '../protocol/rooms/call.ts'
import type { DatasetInfo } from '../protocol/rooms/data.ts'
import { dataSeed, parseRunConfig, type RunConfig } from '../protocol/run-config.ts'
import type { Conversation, Split } from '../protocol/tokens.ts'
import { refuseBenchmark } from '../runs/benchmarks.ts'
import type { Database, StoredDataset } from '../storage/database.ts'
import { putTokens } from '../storage/datasets.ts'
import { prepareExamples, tokenSample } from '../tokens/prepare.ts'
import { writeTokenTable } from '../tokens/table.ts'
import { answeredOf } from './answered.ts'
import { scaled } from './estimate.ts'
import type { Library } from './library.ts'
import { tokensKey } from './token-key.ts'

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

  async steps(recipe: DataRecipe, sample: number | null = null, signal?: AbortSignal): Promise<StepsReport> {
    const { frame, reports, of, drawn } = await this.#afterSteps(checked(recipe), sample, signal)
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

  async rowsAfter(recipe: DataRecipe, { offset, count, columns }: RowsPage, signal?: AbortSignal) {
    const { frame } = await this.#afterSteps(checked(recipe), null, signal)
    const start = Math.max(0, offset)
    const length = Math.max(0, Math.min(count, frame.rows - start))
    const page = Array.from({ length }, (_, i) => ({
      row: frame.source[start + i]!,
      values: frame.row(start + i, columns),
    }))
    return { rows: frame.rows, columns: [...frame.names], page }
  }

  async inspect(given: OpenRecipe, signal?: AbortSignal): Promise<Finding[]> {
    const recipe = checked(given)
    const { frame, reports } = await this.#afterSteps(recipe, null, signal)
    const { data } = recipe.config
    const { model } = recipe
    const tools = await this.#knowsTools(recipe)
    return [
      ...reports.flatMap((report: StepReport) => report.findings),
      ...(await inspectFrame(frame, {
        mapping: mappingOf(data),
        split: data.split,
        validationShare: data.validation_share,
        seed: dataSeed(recipe.config),
        tools,
        ...(signal ? { signal } : {}),
      })),
      ...(model === undefined ? [] : await this.#lengths({ ...recipe, model }, signal)),
    ]
  }

  /** Examples that are too long for a model, from those of an estimate; made rows are as long as the rows they come from. */
  async #lengths({ config, ...of }: Recipe, signal?: AbortSignal): Promise<Finding[]> {
    const training = { ...config.training, completion_only_loss: null }
    const plain = { ...config, training, data: { ...config.data, augment: NO_AUGMENT } }
    const looked = await this.#look({ ...of, config: plain }, signal).catch((error: unknown) => {
      const { code, message, hint } = toFailure(error)
      if (code === 'nothing_to_learn') return { message, hint }
      // A mapping that is not whole yet is no finding; `prepare` says what it lacks.
      if (/^(missing_column|bad_data|bad_config)$/.test(code)) return null
      throw error
    })
    if (looked === null) return []
    if ('message' in looked) return [{ kind: 'nothing_to_learn', severity: 'error', ...looked }]
    const { info, rows, of: all } = looked
    const found = info.findings.filter(({ kind }) => kind === 'long_example' || kind === 'nothing_to_learn')
    if (rows === all) return found
    return found.map((finding) => ({
      ...finding,
      message: `Of ${rows} rows looked at: ${finding.message}`,
    }))
  }

  async estimate(recipe: Recipe, signal?: AbortSignal): Promise<PreparedInfo> {
    const { info, result, rows, of } = await this.#look(checked(recipe), signal)
    const found = { ...info, tokens: '', findings: [], ...described(result) }
    return rows === of ? found : scaled(found, { rows, of })
  }

  async #look(recipe: Recipe, signal?: AbortSignal) {
    const stored = await this.#sources.find(recipe.dataset)
    const of = stored.info.rows
    const rows = Math.min(of, ESTIMATE_ROWS)
    const tools = await this.#knowsTools(recipe)
    const result = await this.#sampled.get(`${tools} ${cacheKey(recipe, stored, 'examples')}`, () =>
      this.#run(recipe.config, stored, rows, tools, signal),
    )
    const { info } = await this.#tokenise(recipe, stored, result, signal)
    return { info, result, rows, of }
  }

  async prepare(
    given: Recipe,
    signal?: AbortSignal,
    onProgress?: (share: number) => void,
  ): Promise<PreparedInfo> {
    const recipe = checked(given)
    const database = await this.#sources.database()
    const stored = await this.#sources.find(recipe.dataset)
    refuseBenchmark(stored.info.hash)
    const model = await (await this.#sources.library()).open(recipe.model)
    const { knowsTools } = (await model.chat()).template
    const id = await tokensKey(recipe.config, stored.info.hash, model.info.hash, knowsTools)
    const known = await database.get('tokens', id)
    if (known?.info.task) return known.info
    const result = await this.#whole(recipe, stored, signal)
    if (known) {
      // A table of before says nothing of the task.
      const info = { ...known.info, ...described(result) }
      await database.put('tokens', { ...known, info })
      return info
    }
    const { examples, info } = await this.#tokenise(recipe, stored, result, signal, onProgress)
    const findings = [...result.findings, ...info.findings]
    const prepared: PreparedInfo = { ...info, ...described(result), tokens: id, findings }
    const parts = { id, dataset: stored.id, model: model.info.hash, info: prepared }
    await putTokens(database, parts, writeTokenTable(examples), signal)
    return prepared
  }

  async tokenSamples(given: Recipe, split: Split, { offset, count }: Page, signal?: AbortSignal) {
    const recipe = checked(given)
    const stored = await this.#sources.find(recipe.dataset)
    const model = await (await this.#sources.library()).open(recipe.model)
    const [chat, { rows }] = [await model.chat(), await this.#whole(recipe, stored, signal)]
    const options = maskOptions(recipe.config, model.info.config, stored.info)
    const samples: TokenisedSample[] = []
    for (const row of rows[split].slice(Math.max(0, offset), Math.max(0, offset) + count)) {
      const sample = tokenSample(row, split, chat, options)
      if (sample) samples.push(sample)
    }
    return { total: rows[split].length, samples }
  }

  async examples(given: OpenRecipe, split: Split, { offset, count }: Page, signal?: AbortSignal) {
    const recipe = checked(given)
    const { rows } = await this.#whole(recipe, await this.#sources.find(recipe.dataset), signal)
    const start = Math.max(0, offset)
    const examples = rows[split].slice(start, start + count).map(exampleOf)
    return { total: rows[split].length, examples }
  }

  /** What the file calls the rows of a recipe. */
  async rowNumbers({ dataset }: Pick<DataRecipe, 'dataset'>): Promise<RowNumbers> {
    return (await this.#sources.find(dataset)).info.rowNumbers ?? []
  }

  /** Training rows as text, for a model to write more like them. */
  async trainingRows(given: DataRecipe, signal?: AbortSignal) {
    const { dataset, config } = checked(given)
    const plain = { dataset, config: { ...config, data: { ...config.data, augment: NO_AUGMENT } } }
    return (await this.#whole(plain, await this.#sources.find(dataset), signal)).rows.train
  }

  async #whole(recipe: OpenRecipe, stored: StoredDataset, signal?: AbortSignal) {
    const tools = await this.#knowsTools(recipe)
    return this.#piped.get(`${tools} ${cacheKey(recipe, stored, 'examples')}`, () =>
      this.#run(recipe.config, stored, stored.info.rows, tools, signal),
    )
  }

  /** Whether the recipe's model is told of functions by its template; one that cannot be opened is not. */
  async #knowsTools({ model, config }: OpenRecipe): Promise<boolean> {
    // Functions stand beside conversations only.
    if (model === undefined || config.data.messages === null) return false
    return (await this.#sources.library())
      .open(model)
      .then((opened) => opened.chat())
      .then(
        ({ template }) => template.knowsTools,
        () => false,
      )
  }

  async #run(config: RunConfig, stored: StoredDataset, rows: number, tools: boolean, signal?: AbortSignal) {
    const table = await this.#sources.table(stored)
    const { data } = config
    const seed = dataSeed(config)
    const { steps, split, augment, corrections } = data
    return runPipeline(frameOf(table, rows, seed, stored.info.rowNumbers), {
      steps,
      mapping: mappingOf(data),
      split,
      corrections: { list: corrections, rows: table.numRows },
      augment,
      validationShare: data.validation_share,
      trainShare: data.train_share,
      tools,
      synthetic: await this.#synthetic(augment.synthetic),
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
    recipe: Recipe,
    stored: StoredDataset,
    { rows }: PipelineResult,
    signal?: AbortSignal,
    onProgress?: (share: number) => void,
  ) {
    const model = await (await this.#sources.library()).open(recipe.model)
    return prepareExamples(rows, await model.chat(), {
      ...maskOptions(recipe.config, model.info.config, stored.info),
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    })
  }

  async #afterSteps(recipe: DataRecipe, sample: number | null, signal?: AbortSignal) {
    const stored = await this.#sources.find(recipe.dataset)
    const { data } = recipe.config
    const drawn = Math.min(sample ?? stored.info.rows, stored.info.rows)
    return this.#stepped.get(`${drawn} ${cacheKey(recipe, stored, 'rows')}`, async () => {
      const seed = dataSeed(recipe.config)
      const table = await this.#sources.table(stored)
      const frame = frameOf(table, drawn, seed, stored.info.rowNumbers)
      const share = drawn / Math.max(1, table.numRows)
      const result = await runSteps(frame, data.steps, { seed, share, ...(signal ? { signal } : {}) })
      return { ...result, of: table.numRows, drawn }
    })
  }
}

/** With a config whose every field is there and within its limits. @throws LapidaryError `bad_config` */
function checked<Of extends DataRecipe>(recipe: Of): Of {
  return { ...recipe, config: parseRunConfig(recipe.config) }
}

/** What a result of this stage was made of. */
function cacheKey({ config }: DataRecipe, stored: StoredDataset, stage: ConfigStage): string {
  return JSON.stringify([stored.id, stored.info.hash, ...heeded(config, stage)])
}

/** So many rows drawn by seed, in their own order; all of them where that is all there are. */
function frameOf(table: Table, rows: number, seed: number, numbers: RowNumbers = []): Frame {
  const drawn =
    rows < table.numRows ? shuffle(table.numRows, seed, 0, SITE.estimate).subarray(0, rows).sort() : undefined
  return Frame.of(table, drawn, numbers)
}

function described({ labels, steps, rows }: PipelineResult): Partial<PreparedInfo> {
  const answered = rows.train
    .map(exampleOf)
    .flatMap((example) => (example.origin === 'data' ? (answeredOf(example) ?? []) : []))
  return {
    ...(labels ? { labels } : {}),
    ...(steps.length > 0 ? { steps } : {}),
    task: taskOutlook(answered),
  }
}

function exampleOf(row: ExampleRow): ExampleText {
  return {
    row: row.row,
    origin: 'origin' in row ? row.origin : 'data',
    messages: 'messages' in row ? row.messages : null,
    text: 'text' in row ? row.text : null,
    ...('messages' in row && row.tools ? { tools: row.tools } : {}),
  }
}

function maskOptions(
  { data, training }: RunConfig,
  { vocabSize, maxPositions }: Pick<ModelConfig, 'vocabSize' | 'maxPositions'>,
  { rowNumbers: numbers = [] }: Pick<DatasetInfo, 'rowNumbers'>,
) {
  const { max_length: maxLength, completion_only_loss } = training
  const completionOnly = completion_only_loss ?? true
  return { maxLength, completionOnly, vocabSize, maxPositions, numbers, format: data.format }
}
