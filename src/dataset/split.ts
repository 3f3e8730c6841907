import type { Table } from 'apache-arrow'
import { splitOfName } from '../files/split-names.ts'
import { columnNames, columnReader } from '../files/table.ts'
import { counted } from '../lib/counted.ts'
import { SITE, shuffle } from '../lib/threefry.ts'
import { NO_SPLIT, type SplitConfig } from '../protocol/data-steps.ts'
import { fail } from '../protocol/errors.ts'
import type { Finding } from '../protocol/preparation.ts'
import type { Split } from '../protocol/tokens.ts'
import { LEAST_PARTIAL, NAMES, normalName } from './column-names.ts'
import type { Frame } from './frame.ts'
import { asText } from './values.ts'

/**
 * Draws the validation rows: the first of a permutation by seed, at least one where there are two rows, never all.
 * Both parts keep their order. The same items, share and seed give the same parts, in any engine.
 */
export function splitRows<T>(
  rows: readonly T[],
  share: number,
  seed: number,
): { train: T[]; validation: T[] } {
  const parts = randomParts(rows.length, share, 0, seed)
  return {
    train: rows.filter((_, i) => parts[i] === 'train'),
    validation: rows.filter((_, i) => parts[i] === 'validation'),
  }
}

export interface SplitOptions {
  /** null: random. */
  config: SplitConfig | null
  validationShare: number
  seed: number
}

/** Which part each row belongs to. */
export interface SplitResult {
  parts: Split[]
  findings: Finding[]
}

/**
 * Parts the rows at indices `at` of a frame into training, validation and test. There is always a training row.
 * @throws LapidaryError `bad_config` or `missing_column` where the method's column is missing; `bad_data` where the
 * column leaves nothing to train on
 */
export function splitFrame(frame: Frame, at: readonly number[], options: SplitOptions): SplitResult {
  const { validationShare, seed } = options
  const config = options.config ?? NO_SPLIT
  if (validationShare + config.test_share >= 1)
    fail(
      'bad_config',
      'Validation and test together leave nothing to train on.',
      'Make their shares smaller: together they must stay below 1.',
      { field: 'test_share', validation_share: validationShare, test_share: config.test_share },
    )
  if (config.method === 'random')
    return { parts: randomParts(at.length, validationShare, config.test_share, seed), findings: [] }
  if (config.column === null)
    fail('bad_config', `The split by "${config.method}" needs a column.`, 'Choose which.', {
      field: 'column',
    })
  const column = frame.column(config.column)
  const values = at.map((index) => asText(column[index])?.trim() ?? null)
  if (config.method === 'column') return columnParts(values, at, frame, config, options)
  const draw = config.method === 'stratified' ? stratifiedParts : groupedParts
  const parts = draw(values, validationShare, config.test_share, seed)
  return { parts, findings: shortOfShare(parts, values, config, validationShare) }
}

/** A column of many values, each there once or twice, or of one large value, leaves little to hold out. */
function shortOfShare(
  parts: readonly Split[],
  values: readonly (string | null)[],
  config: SplitConfig,
  share: number,
): Finding[] {
  const held = parts.filter((part) => part === 'validation').length
  if (held >= 0.5 * Math.floor(parts.length * share)) return []
  const why =
    config.method === 'stratified'
      ? 'A value that occurs once or twice has no row to spare.'
      : 'Rows of one value stay together, and the values are few or uneven.'
  return [
    {
      kind: 'step',
      severity: 'warning',
      message: `Only ${held} of ${parts.length} rows ${held === 1 ? 'is' : 'are'} held out for validation: "${config.column}" has ${new Set(values).size} different values.`,
      hint: `${why} Choose another column, or a random split.`,
      column: config.column!,
      count: held,
    },
  ]
}

function randomParts(rows: number, validation: number, test: number, seed: number): Split[] {
  const parts = new Array<Split>(rows).fill('train')
  const order = shuffle(rows, seed, 0, SITE.split)
  const held = wanted(rows, validation, rows - 1)
  const tested = wanted(rows, test, rows - 1 - held)
  for (const i of order.subarray(0, held)) parts[i] = 'validation'
  for (const i of order.subarray(held, held + tested)) parts[i] = 'test'
  return parts
}

function wanted(rows: number, share: number, most: number): number {
  return Math.max(0, Math.min(share > 0 ? Math.max(1, Math.round(rows * share)) : 0, most))
}

/** Each value in its share. What rounding takes from one value the next gives back, so that the whole has its share too. */
function stratifiedParts(
  values: readonly (string | null)[],
  validation: number,
  test: number,
  seed: number,
): Split[] {
  const parts = new Array<Split>(values.length).fill('train')
  const groups = new Map<string | null, number[]>()
  for (const i of shuffle(values.length, seed, 0, SITE.split)) {
    const group = groups.get(values[i]!)
    if (group) group.push(i)
    else groups.set(values[i]!, [i])
  }
  const over = { validation: 0, test: 0 }
  // The largest first: where there are few rows, they can best spare one.
  for (const rows of [...groups.values()].sort((a, b) => b.length - a.length)) {
    let taken = 0
    for (const [part, share] of [
      ['validation', validation],
      ['test', test],
    ] as const) {
      const want = rows.length * share + over[part]
      const least = share > 0 && rows.length > 1 && !parts.includes(part) ? 1 : 0
      const count = Math.max(0, Math.min(Math.max(least, Math.round(want)), rows.length - 1 - taken))
      over[part] = want - count
      for (const i of rows.slice(taken, taken + count)) parts[i] = part
      taken += count
    }
  }
  return parts
}

/** Whole groups, in an order drawn by seed, until a part has its share. A missing value is a group of its own row. */
function groupedParts(
  values: readonly (string | null)[],
  validation: number,
  test: number,
  seed: number,
): Split[] {
  const parts = new Array<Split>(values.length).fill('train')
  const groups = new Map<string, number[]>()
  for (const [i, value] of values.entries()) {
    const key = value === null ? `row ${i}` : `value ${value}`
    const group = groups.get(key)
    if (group) group.push(i)
    else groups.set(key, [i])
  }
  const all = [...groups.values()]
  const order = [...shuffle(all.length, seed, 0, SITE.split)].map((i) => all[i]!)
  const used = new Set<number[]>()
  for (const [part, share] of [
    ['validation', validation],
    ['test', test],
  ] as const) {
    const target = values.length * share
    let count = 0
    for (const group of order) {
      if (share === 0 || used.size === all.length - 1) break
      // A group that overshoots by more than it helps is left for another part; the first is taken whatever its size.
      if (used.has(group) || (count > 0 && count + group.length / 2 > target)) continue
      if (
        count === 0 &&
        group.length > target * 2 &&
        order.some((other) => !used.has(other) && other.length <= target * 2)
      )
        continue
      for (const i of group) parts[i] = part
      used.add(group)
      count += group.length
    }
  }
  return parts
}

/** As a column says. Where it names no rows for validation, as published sets of train and test do, some of training are drawn. */
function columnParts(
  values: readonly (string | null)[],
  at: readonly number[],
  frame: Frame,
  config: SplitConfig,
  { validationShare, seed }: SplitOptions,
): SplitResult {
  const lower = (list: readonly string[]) => new Set(list.map((value) => value.trim().toLowerCase()))
  const [validation, test] = [lower(config.validation_values), lower(config.test_values)]
  const parts = values.map((value): Split => {
    const key = value?.toLowerCase() ?? ''
    return validation.has(key) ? 'validation' : test.has(key) ? 'test' : 'train'
  })
  const found = [...new Set(values)].slice(0, 8).map((value) => (value === null ? 'nothing' : `"${value}"`))
  if (values.length > 0 && !parts.includes('train'))
    fail(
      'bad_data',
      `By column "${config.column}", no row is left to train on.`,
      `It holds ${found.join(', ')}. Choose which of these mean validation and test.`,
      { column: config.column },
    )
  if (parts.includes('validation')) return { parts, findings: [] }
  const training = [...parts.keys()].filter((i) => parts[i] === 'train')
  const drawn = randomParts(training.length, validationShare, 0, seed)
  for (const [n, i] of training.entries()) parts[i] = drawn[n]!
  const held = drawn.filter((part) => part === 'validation').length
  return {
    parts,
    findings: [
      {
        kind: 'step',
        severity: held > 0 ? 'note' : 'warning',
        message:
          held > 0
            ? `By column "${config.column}", no row is for validation: ${counted(held, 'training row is', 'training rows are')} held out for it.`
            : `By column "${config.column}", no row is for validation.`,
        hint:
          held > 0
            ? `It holds ${found.join(', ')}. Where one of these means validation, say so under "How rows are held out".`
            : `It holds ${found.join(', ')}. Without validation there is no telling whether the model learns or memorises: hold out a share of the training rows.`,
        column: config.column!,
        ...(at[0] === undefined ? {} : { row: frame.source[at[0]]! }),
      },
    ],
  }
}

/** More different values are no splits. */
const MOST_SPLITS = 20
const SPLIT_NAMES = /^(?:tfds[ _])?(?:(?:data|dataset)[ _])?(?:split|subset|partition|fold|set)$/i
/** Values that say it whatever their column is called. */
const SPLIT_WORD =
  /^(?:train(?:ing)?|test(?:ing)?|validation|valid|val|dev|eval|holdout|(?:hold|held)[-_ ]out)(?:[-_ ]?(?:set|data|split))?$/
/** A column of yes and no that says which rows are held out, or which are not. */
const HELD_OUT =
  /^(?:is[ _]?)?(?:(test|holdout|(?:hold|held)[ _]?out)|(validation|val|dev|eval)|(train|training))(?:[ _]?(?:set|split))?$/i

/** A column that says where each row belongs, as published data sets have it; null where there is none. */
export function guessSplit(table: Table): SplitConfig | null {
  const named = (name: string) => SPLIT_NAMES.test(name.trim())
  const names = columnNames(table)
  const columns = [...names.filter(named), ...names.filter((name) => !named(name))]
  for (const column of columns) {
    const values = fewValues(table, column)
    const found =
      values &&
      (heldOut(column, values) ?? bySplitWords(values, named(column) || (isPart(column) ? null : false)))
    if (found) return { ...NO_SPLIT, method: 'column', column, ...found }
  }
  return null
}

function isPart(column: string): boolean {
  const words = normalName(column).split(' ')
  return [NAMES.messages, NAMES.prompt, NAMES.response].some((names) =>
    words.some((word) => word.length >= LEAST_PARTIAL && names.includes(word)),
  )
}

type Values = Pick<SplitConfig, 'validation_values' | 'test_values'>

/** Different values in lower case, of which a text soon has too many; null where there are too many to be splits, or only one. */
function fewValues(table: Table, column: string): string[] | null {
  const read = columnReader(table, column)!
  const values = new Set<string>()
  for (let row = 0; row < table.numRows; row++) {
    const value = read(row)
    if (typeof value === 'object' && value !== null) return null
    const text = asText(value)?.trim().toLowerCase()
    if (text !== undefined) values.add(text)
    if (values.size > MOST_SPLITS) return null
  }
  return values.size < 2 ? null : [...values]
}

/** @param named whether the column is named for it: then a value of which nothing is known is not trained on either; null: for a part of examples */
function bySplitWords(values: readonly string[], named: boolean | null): Values | null {
  if (named === null || (!named && !values.every((value) => SPLIT_WORD.test(value)))) return null
  const of = (split: Split | null) => values.filter((value) => splitOfName(value) === split)
  if (of('train').length === 0 || of('train').length + of(null).length === values.length) return null
  const beyond = (own: string[], usual: readonly string[]) =>
    own.every((value) => usual.includes(value)) ? [...usual] : own
  return {
    validation_values: beyond(of('validation'), NO_SPLIT.validation_values),
    test_values: beyond([...of('test'), ...of(null)], NO_SPLIT.test_values),
  }
}

function heldOut(column: string, values: readonly string[]): Values | null {
  const [found, , validation, train] = HELD_OUT.exec(column.trim()) ?? []
  if (found === undefined || !values.every((value) => /^(?:true|false|yes|no|[01])$/.test(value))) return null
  const held = values.filter((value) => /^(?:true|yes|1)$/.test(value) === (train === undefined))
  if (held.length === 0 || held.length === values.length) return null
  return validation === undefined
    ? { validation_values: [], test_values: held }
    : { validation_values: held, test_values: [] }
}

/** The first few rows that a column gives to training, by their index: a file often begins with its test rows. */
export function firstToLearn(frame: Frame, split: SplitConfig, most: number): number[] {
  const held = new Set([...split.validation_values, ...split.test_values])
  const found: number[] = []
  for (const [row, value] of frame.column(split.column!).entries()) {
    if (found.length === most) break
    if (!held.has(asText(value)?.trim().toLowerCase() ?? '')) found.push(row)
  }
  return found
}
