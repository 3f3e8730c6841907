import { distinctAnswers } from '../evaluation/task.ts'
import { numberOf } from '../lib/row-numbers.ts'
import { SITE, shuffle } from '../lib/threefry.ts'
import { NO_AUGMENT, NO_SPLIT } from '../protocol/data-steps.ts'
import { fail, toFailure } from '../protocol/errors.ts'
import { canonical } from '../protocol/identity.ts'
import { mappingFor, mappingOf, type Recipe } from '../protocol/recipe.ts'
import { type DataConfig, dataSeed, defaultRunConfig } from '../protocol/run-config.ts'
import type {
  BenchmarkId,
  DatasetInfo,
  EvaluatedData,
  EvaluateRequest,
  EvaluationNote,
  ExampleText,
  TaskKind,
  TypedAnswer,
} from '../protocol/studio.ts'
import type { Conversation, Message, Split } from '../protocol/tokens.ts'
import { benchmarkKey } from '../runs/benchmarks.ts'
import type { RunRecord } from '../runs/record.ts'
import { answeredOf } from './answered.ts'
import type { OpenBenchmark } from './benchmark-opening.ts'
import { DatasetShelf } from './dataset-shelf.ts'
import { Preparation } from './preparation.ts'
import type { TrainParts } from './train-parts.ts'

/** A row to be judged, or one that was learnt. */
export interface EvaluationRow {
  row: number
  /** As its file counts. */
  number: number
  question: string
  reference: string
  calls: boolean
  plain: boolean
  source: Conversation | { text: string; row: number }
}

export interface FoundRows {
  data: EvaluatedData
  rows: EvaluationRow[]
  /** Null where what the run learnt from is not here. */
  learnt: EvaluationRow[] | null
  notes: EvaluationNote[]
  /** What the rows hang on. */
  key: string
  /** How a set that says so itself is judged. */
  said?: { kind: TaskKind; labels?: string[] }
}

const NO_DATA = defaultRunConfig().data
/** Most rows that a note names. */
const NAMED = 20
/** Rows of one call of preparation. */
const ALL = Number.MAX_SAFE_INTEGER

/** The rows of evaluations, made from stored data as those of the run were. */
export class EvaluationData {
  readonly #preparation: Preparation
  readonly #shelf: DatasetShelf
  readonly #library: TrainParts['library']
  /** By the id of the data set. */
  readonly #benchmarks = new Map<string, OpenBenchmark>()

  constructor({ database, library }: Pick<TrainParts, 'database' | 'library'>) {
    this.#library = library
    this.#shelf = new DatasetShelf(database)
    this.#preparation = new Preparation({
      ...{ database, library, find: (id) => this.#dataset(id) },
      table: async (stored) => this.#benchmarks.get(stored.id)?.table ?? this.#shelf.table(stored),
    })
  }

  async #dataset(id: string) {
    return this.#benchmarks.get(id)?.stored ?? this.#shelf.find(id)
  }

  /**
   * @throws LapidaryError `missing_file` where the data is not here, `bad_data` where it is what the run learnt from or holds no row,
   * `missing_column`
   */
  async find(record: RunRecord, request: EvaluateRequest, signal?: AbortSignal): Promise<FoundRows> {
    const learnt = await this.learnt(record, signal)
    const { rows: asked } = request
    const { rows, data, notes, config, said } =
      'split' in asked
        ? await this.#held(record, asked.split)
        : 'benchmark' in asked
          ? await this.#benchmark(record, asked.benchmark, learnt, signal)
          : await this.#other(record, asked, signal)
    if (rows.length === 0) noRows(data)
    const drawn = draw(rows, request.limit)
    if (drawn.length < rows.length) notes.push({ kind: 'drawn', count: drawn.length })
    const known = new Set((learnt ?? []).map(sameness))
    const again = drawn.filter((row) => known.has(sameness(row)))
    if (again.length > 0) notes.push(noteOf('learnt_rows', again))
    if (learnt === null) notes.push({ kind: 'no_training_rows', count: 0 })
    const { name: _, hash: __, task: ___, corrections, ...rest } = config
    // Ids of before there were any stay what they are; records of then have none.
    const how = (corrections ?? []).length > 0 ? { ...rest, corrections } : rest
    // The same for every run.
    const seed = data.benchmark === undefined ? dataSeed(record.config) : null
    const key = canonical([data.hash, data.split, how, seed, request.limit ?? null])
    return {
      ...{ data: { ...data, rows: rows.length }, rows: drawn, learnt, notes, key },
      ...(said ? { said } : {}),
    }
  }

  /** What the run learnt from, its made rows left out; null where it is not here, or not what it was. */
  async learnt(record: RunRecord, signal?: AbortSignal): Promise<EvaluationRow[] | null> {
    if (!(await this.#stillThere(record))) return null
    const rows = await this.#examples(recipeOf(record), 'train', signal)
    return rows.length > 0 ? rows : null
  }

  async #stillThere({ dataset, config }: RunRecord): Promise<boolean> {
    const stored = await this.#shelf.find(dataset).catch((error: unknown) => {
      if (toFailure(error).code === 'missing_file') return null
      throw error
    })
    return stored !== null && stored.info.hash === config.data.hash
  }

  async #held(record: RunRecord, split: Exclude<Split, 'train'>) {
    const { config } = record
    if (!(await this.#stillThere(record)))
      fail(
        'missing_file',
        'The data of this run is not in this browser any more, or has been changed since.',
        'Open the same file again, or evaluate another file.',
        { dataset: record.dataset },
      )
    const { info } = await this.#shelf.find(record.dataset)
    const rows = await this.#examples(recipeOf(record), split)
    const data: EvaluatedData = { name: config.data.name || info.name, hash: info.hash, split, rows: 0 }
    return { rows, data, notes: [] as EvaluationNote[], config: config.data, said: undefined }
  }

  /** Whatever the run was prepared with: the same questions are put to every run, as they stand in the set. */
  async #benchmark(
    record: RunRecord,
    id: BenchmarkId,
    learnt: readonly EvaluationRow[] | null,
    signal?: AbortSignal,
  ) {
    const { set, stored } = await this.#open(id, signal)
    refuseLearnt(record, stored.info)
    const { name, hash } = stored.info
    const { prompt, response, kind } = set
    const plain = wholly({ ...NO_DATA, name, hash, format: record.config.data.format, prompt, response })
    const recipe = { ...recipeOf(record), dataset: stored.id, config: { ...record.config, data: plain } }
    const rows = await this.#examples(recipe, 'train', signal)
    const labels = kind === 'labels' ? distinctAnswers(rows).map(({ label }) => label) : null
    const known = labels && learnt && new Set(learnt.map(({ reference }) => reference))
    const others = known ? labels.filter((label) => !known.has(label)) : []
    const notes: EvaluationNote[] =
      others.length > 0 ? [{ kind: 'other_labels', count: others.length, names: others.slice(0, NAMED) }] : []
    const data: EvaluatedData = { name, hash, split: null, rows: 0, benchmark: id }
    return { rows, data, notes, config: plain, said: { kind, ...(labels ? { labels } : {}) } }
  }

  async #other(
    record: RunRecord,
    { dataset, mapping }: Extract<EvaluateRequest['rows'], { dataset: string }>,
    signal?: AbortSignal,
  ) {
    const { info } = await this.#shelf.find(dataset)
    refuseLearnt(record, info)
    const own = record.config.data
    const named = mapping ? mappingFor(mapping, info.guess) : mappingOf(own)
    const under = (columns: typeof named): Recipe => ({
      ...recipeOf(record),
      dataset,
      config: { ...record.config, data: wholly({ ...own, ...columns }) },
    })
    const read = (recipe: Recipe) => this.#examples(recipe, 'train', signal)
    const notes: EvaluationNote[] = []
    let recipe = under(named)
    let rows: EvaluationRow[]
    try {
      rows = await read(recipe)
    } catch (error) {
      // A file of one's own names its columns as it likes; what was said of columns is meant.
      if (mapping || toFailure(error).code !== 'missing_column') throw error
      const { reason: _, ...guess } = info.guess
      if (kindOf(guess) !== kindOf(own)) throw error
      recipe = under({ ...guess, labels: own.labels })
      rows = await read(recipe)
      const names = [guess.prompt, guess.response, guess.messages, guess.text].flatMap((name) => name ?? [])
      notes.push({ kind: 'other_columns', count: names.length, names })
    }
    if (rows.length < info.rows) notes.push({ kind: 'left_out', count: info.rows - rows.length })
    const data: EvaluatedData = { name: info.name, hash: info.hash, split: null, rows: 0 }
    return { rows, data, notes, config: recipe.config.data, said: undefined }
  }

  async #open(id: BenchmarkId, signal?: AbortSignal): Promise<OpenBenchmark> {
    // What reads files is fetched with the first of them.
    const { openBenchmark } = await import('./benchmark-opening.ts')
    const { base } = await this.#library()
    const opened = this.#benchmarks.get(benchmarkKey(id)) ?? (await openBenchmark(id, base, signal))
    this.#benchmarks.set(opened.stored.id, opened)
    return opened
  }

  async #examples(recipe: Recipe, split: Split, signal?: AbortSignal): Promise<EvaluationRow[]> {
    const { examples } = await this.#preparation.examples(recipe, split, { offset: 0, count: ALL }, signal)
    const numbers = (await this.#dataset(recipe.dataset)).info.rowNumbers
    return examples
      .filter(({ origin }) => origin === 'data')
      .flatMap((example) => rowOf(example, numberOf(example.row, numbers)) ?? [])
  }
}

/** An answer that a person typed or was given, as a row. */
export function typedRow({ question, answer, system, tools }: TypedAnswer): EvaluationRow {
  const before: Message[] = system ? [{ role: 'system', content: system }] : []
  const messages: Message[] = [
    ...before,
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ]
  return {
    ...{ row: 0, number: 0, question, reference: answer, calls: false, plain: false },
    source: { messages, row: 0, ...(tools ? { tools } : {}) },
  }
}

/** @throws LapidaryError `bad_data` where the rows are those that the run learnt from */
function refuseLearnt(
  { config }: RunRecord,
  { id, name, hash }: Pick<DatasetInfo, 'id' | 'name' | 'hash'>,
): void {
  if (hash === config.data.hash)
    fail(
      'bad_data',
      `${name} is what this run learnt from: how well it knows these rows says nothing of others.`,
      'Choose another file, or the rows that the run held out.',
      { dataset: id },
    )
}

/** A run's own recipe: the rows that it learnt from and held out, made rows left out. */
function recipeOf({ dataset, model, config }: RunRecord): Recipe {
  return { dataset, model, config: { ...config, data: { ...config.data, augment: NO_AUGMENT } } }
}

/** No row held out of what is judged. */
function wholly(data: DataConfig): DataConfig {
  // Corrections are of rows of what was learnt.
  return {
    ...data,
    split: NO_SPLIT,
    validation_share: 0,
    train_share: 1,
    augment: NO_AUGMENT,
    corrections: [],
  }
}

function kindOf({ messages, text }: Pick<DataConfig, 'messages' | 'text'>): 'messages' | 'text' | 'pairs' {
  return messages !== null ? 'messages' : text !== null ? 'text' : 'pairs'
}

/** The last answer of a conversation and what comes before it. */
function rowOf(example: ExampleText, number: number): EvaluationRow | null {
  const { row, messages, tools } = example
  const answered = answeredOf(example)
  if (answered === null) return null
  if (messages === null)
    return { row, number, question: '', ...answered, source: { text: answered.reference, row } }
  const at = messages.findLastIndex(({ role, learn }) => role === 'assistant' && learn !== false)
  const before = messages
    .slice(0, at)
    .map((turn): Message => (turn.role === 'assistant' ? { ...turn, learn: false } : turn))
  const question = before.findLast(({ role }) => role === 'user')?.content.trim() ?? ''
  const source = { messages: [...before, messages[at]!], row, ...(tools ? { tools } : {}) }
  return { row, number, question, ...answered, source }
}

const sameness = ({ question, reference }: EvaluationRow) => JSON.stringify([question, reference])

/** So many rows drawn by seed, in their own order. */
function draw(rows: EvaluationRow[], limit = rows.length): EvaluationRow[] {
  if (limit >= rows.length) return rows
  const chosen = shuffle(rows.length, 0, 0, SITE.estimate).subarray(0, limit).sort()
  return Array.from(chosen, (i) => rows[i]!)
}

/** A note on rows, the first few by their numbers. */
export function noteOf(
  kind: EvaluationNote['kind'],
  rows: readonly Pick<EvaluationRow, 'number'>[],
): EvaluationNote {
  return { kind, count: rows.length, rows: rows.slice(0, NAMED).map(({ number }) => number) }
}

function noRows({ name, split }: EvaluatedData): never {
  if (split === null)
    fail('bad_data', `${name} has no row that can be judged.`, 'Choose a file with questions and answers.', {
      name,
    })
  fail(
    'bad_data',
    `This run held no rows out for ${split === 'test' ? 'testing' : 'validation'}.`,
    'Evaluate another file, or hold rows out (Data, split) and train again.',
    { split },
  )
}
