import * as v from 'valibot'

/**
 * Preprocessing as plain data: an ordered list that is part of `run.json` under `data.steps`, so that the same file gives
 * the same examples. Steps work on columns and run before the columns are mapped to prompt, response and so on. What one
 * does lies in `src/dataset/steps/`, a file for each family.
 */

const text = v.pipe(v.string(), v.maxLength(10_000))
const name = v.pipe(v.string(), v.minLength(1, 'must name a column'), v.maxLength(1000))
const names = v.pipe(v.array(name), v.minLength(1, 'must name a column'), v.maxLength(1000))
const finite = v.pipe(v.number(), v.finite())
const count = v.pipe(finite, v.integer(), v.minValue(0), v.maxValue(4_294_967_295))
const positive = v.pipe(finite, v.integer(), v.minValue(1), v.maxValue(4_294_967_295))

/** Switched off, a step stays in the list and does nothing. */
const enabled = v.optional(v.boolean(), true)
/** Columns that a step works on; with none named, every column that holds text. */
const columns = v.optional(v.pipe(v.array(name), v.maxLength(1000)), [])

const step = <const Type extends string, Entries extends v.ObjectEntries>(type: Type, entries: Entries) =>
  v.strictObject({ type: v.literal(type), enabled, ...entries })

/** Unicode normalisation: NFC joins letters and accents, NFKC also replaces look-alikes (`ﬁ`, `①`, full-width letters). */
const NormalizeUnicode = step('normalize_unicode', {
  columns,
  form: v.optional(v.picklist(['NFC', 'NFKC']), 'NFC'),
})

const Whitespace = step('whitespace', {
  columns,
  /** Take it off both ends. */
  trim: v.optional(v.boolean(), true),
  /** `spaces`: runs of spaces and tabs become one space, lines stay; `all`: line ends too; `none`: as it is. */
  collapse: v.optional(v.picklist(['none', 'spaces', 'all']), 'spaces'),
  /** Empty lines in a row at most; null: any number. Of no effect with `all`. */
  blank_lines: v.optional(v.nullable(count), 1),
})

const Case = step('case', {
  columns,
  /** `sentence`: lower case but for the first letter of each sentence. */
  to: v.picklist(['lower', 'upper', 'sentence']),
})

/** Takes out control characters (never tab and line end), and with `invisible` zero-width and direction marks too. */
const ControlCharacters = step('control_characters', {
  columns,
  invisible: v.optional(v.boolean(), false),
})

/** Turns UTF-8 that was decoded as Latin-1 or Windows-1252 (`cafÃ©`) back, where it can be. */
const RepairEncoding = step('repair_encoding', { columns })

const Replace = step('replace', {
  columns,
  find: v.pipe(text, v.minLength(1, 'must not be empty')),
  /** With `regex`, `$1` and `$<name>` stand for groups. */
  with: v.optional(text, ''),
  mode: v.optional(v.picklist(['text', 'regex']), 'text'),
  ignore_case: v.optional(v.boolean(), false),
})

const Round = step('round', {
  columns: names,
  /** Digits after the point; negative: tens, hundreds ... */
  digits: v.optional(v.pipe(finite, v.integer(), v.minValue(-15), v.maxValue(15)), 0),
})

const Scale = step('scale', {
  columns: names,
  /** `min_max`: to [0, 1]; `standard`: (x - mean) / standard deviation; `factor`: x * factor. Over the rows at hand. */
  method: v.picklist(['min_max', 'standard', 'factor']),
  factor: v.optional(finite, 1),
})

const Buckets = step('buckets', {
  columns: names,
  /** Ascending limits; n of them make n + 1 buckets, and a value equal to a limit belongs above it. */
  edges: v.pipe(
    v.array(finite),
    v.minLength(1, 'must have a limit'),
    v.maxLength(1000),
    v.check((edges) => edges.every((edge, i) => i === 0 || edge > edges[i - 1]!), 'must ascend'),
  ),
  /** One word a bucket; null: `below 10`, `10 to 20`, `20 and above`. */
  words: v.optional(v.nullable(v.array(text)), null),
})

/** A row for each of the columns: its name in one new column, its value in another. Missing values make no row. */
const WideToLong = step('wide_to_long', {
  columns: names,
  name_to: name,
  value_to: name,
})

const JoinColumns = step('join_columns', {
  columns: names,
  to: name,
  separator: v.optional(text, '\n\n'),
})

/** Text such as `User: hi` / `Assistant: hello` as a list of turns. A turn begins where a line begins with a mark. */
const SplitTurns = step('split_turns', {
  column: name,
  to: name,
  user: v.optional(v.array(text), ['User:', 'Human:', '### Human:', 'Q:']),
  assistant: v.optional(v.array(text), ['Assistant:', 'AI:', 'Bot:', '### Assistant:', 'A:']),
})

/** Turns of one speaker in a row become one: most templates want speakers to alternate. */
const MergeTurns = step('merge_turns', { column: name, separator: v.optional(text, '\n\n') })

const RenameColumn = step('rename_column', { column: name, to: name })

const FillMissing = step('fill_missing', { columns: names, with: text })

/** Keeps the rows that pass the test, or with `keep: false` drops them. */
const Filter = step('filter', {
  column: name,
  keep: v.optional(v.boolean(), true),
  test: v.variant('is', [
    v.strictObject({
      is: v.literal('length'),
      unit: v.optional(v.picklist(['characters', 'words']), 'characters'),
      min: v.optional(count, 0),
      /** null: any. */
      max: v.optional(v.nullable(count), null),
    }),
    v.strictObject({
      is: v.literal('contains'),
      text: v.pipe(text, v.minLength(1, 'must not be empty')),
      ignore_case: v.optional(v.boolean(), false),
    }),
    v.strictObject({
      is: v.literal('matches'),
      pattern: v.pipe(text, v.minLength(1, 'must not be empty')),
      ignore_case: v.optional(v.boolean(), false),
    }),
    /** Values as text: `3` and `3.0` differ. */
    v.strictObject({ is: v.literal('equals'), values: v.pipe(v.array(text), v.maxLength(10_000)) }),
    v.strictObject({
      is: v.literal('between'),
      min: v.optional(v.nullable(finite), null),
      max: v.optional(v.nullable(finite), null),
    }),
    v.strictObject({ is: v.literal('missing') }),
  ]),
})

/** Drops rows where any of the columns (or, with `how: 'all'`, each of them) has nothing in it. */
const DropMissing = step('drop_missing', {
  columns: names,
  how: v.optional(v.picklist(['any', 'all']), 'any'),
})

const Deduplicate = step('deduplicate', {
  /** Rows are the same where these are; with none named, where every column is. */
  columns: v.optional(v.array(name), []),
  /** `exact`: but for white space around; `normalised`: case, white space, punctuation and Unicode forms do not count. */
  match: v.optional(v.picklist(['exact', 'normalised']), 'exact'),
  keep: v.optional(v.picklist(['first', 'last', 'none']), 'first'),
})

/** So many rows drawn by the run's seed, in their own order. */
const Sample = step('sample', { rows: positive })

const Limit = step('limit', { rows: positive, skip: v.optional(count, 0) })

/** Evens classes out: of each value of the column at most so many rows, drawn by the run's seed. */
const Balance = step('balance', { column: name, most: positive })

/** Leaves single rows of the data set out, 0-based. */
const DropRows = step('drop_rows', { rows: v.pipe(v.array(count), v.maxLength(100_000)) })

export const DataStepSchema = v.variant('type', [
  NormalizeUnicode,
  Whitespace,
  Case,
  ControlCharacters,
  RepairEncoding,
  Replace,
  Round,
  Scale,
  Buckets,
  WideToLong,
  JoinColumns,
  SplitTurns,
  MergeTurns,
  RenameColumn,
  FillMissing,
  Filter,
  DropMissing,
  Deduplicate,
  Sample,
  Limit,
  Balance,
  DropRows,
])

/** A step with every field filled in. */
export type DataStep = v.InferOutput<typeof DataStepSchema>
/** As it may be written, fields with defaults left out. */
export type DataStepInput = v.InferInput<typeof DataStepSchema>
export type StepType = DataStep['type']
export type StepOf<Type extends StepType> = Extract<DataStep, { type: Type }>

/** Beside `data.validation_share`: how rows are held out, and for what. */
export const SplitSchema = v.strictObject({
  /**
   * `random`; `stratified`: each value of the column in equal shares; `grouped`: rows with the same value of the column
   * stay together; `column`: the column's values say where a row belongs.
   */
  method: v.optional(v.picklist(['random', 'stratified', 'grouped', 'column']), 'random'),
  /** Needed by every method but `random`. Read after the steps. */
  column: v.optional(v.nullable(name), null),
  /** Share of rows set aside as a test set, which no training run sees. */
  test_share: v.optional(v.pipe(finite, v.minValue(0), v.maxValue(0.9)), 0),
  /** Method `column`: values that mean validation, and test; any other is training. Compared in lower case. */
  validation_values: v.optional(v.array(text), ['validation', 'valid', 'val', 'dev', 'eval']),
  test_values: v.optional(v.array(text), ['test']),
})
export type SplitConfig = v.InferOutput<typeof SplitSchema>

const share = v.pipe(finite, v.minValue(0), v.maxValue(10))

/** Rows made from training rows. They are labelled (`origin` in the token table), and never in validation or test. */
export const AugmentSchema = v.strictObject({
  /** Made rows for each training row: 0.5 makes half as many again, 2 twice as many. */
  reworded: v.optional(share, 0),
  noisy: v.optional(share, 0),
  /** Ways to ask; `{prompt}` stands for the prompt. Empty: the built-in ones. */
  rewordings: v.optional(
    v.pipe(
      v.array(
        v.pipe(
          text,
          v.check((template) => template.includes('{prompt}'), 'must contain {prompt}'),
        ),
      ),
      v.maxLength(100),
    ),
    [],
  ),
  noise: v.optional(
    v.strictObject({
      /** Share of letters (typing errors) or of words (case, swaps, dropout) that each kind touches. */
      typos: v.optional(v.pipe(finite, v.minValue(0), v.maxValue(0.5)), 0.03),
      case: v.optional(v.pipe(finite, v.minValue(0), v.maxValue(1)), 0.05),
      swaps: v.optional(v.pipe(finite, v.minValue(0), v.maxValue(0.5)), 0.02),
      dropout: v.optional(v.pipe(finite, v.minValue(0), v.maxValue(0.5)), 0.02),
    }),
    {},
  ),
  /** A stored set of examples written by a model (`DataRoom.synthesise`): its id and hash; null: none. */
  synthetic: v.optional(v.nullable(v.strictObject({ dataset: v.string(), hash: v.string() })), null),
  /** Written examples used, for each training row. */
  synthetic_ratio: v.optional(share, 1),
})
export type AugmentConfig = v.InferOutput<typeof AugmentSchema>

/** An answer that a person put right. It is heeded after the split, and learnt from; never where a test row asks the same. */
export const CorrectionSchema = v.strictObject({
  /** Of the data set, 0-based; null: whichever row asks this, or else a new one. */
  row: v.optional(v.nullable(count), null),
  /** What is asked, as the row has it: a correction of a row that asks something else by now has no effect. Of plain text, the text. */
  prompt: text,
  /** Of a new row. */
  system: v.optional(v.nullable(text), null),
  /** What is to be answered; null: the row is not learnt from. */
  response: v.nullable(text),
})
export type Correction = v.InferOutput<typeof CorrectionSchema>

export const NO_SPLIT: SplitConfig = v.parse(SplitSchema, {})
export const NO_AUGMENT: AugmentConfig = v.parse(AugmentSchema, {})
