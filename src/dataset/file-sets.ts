import { SPLIT, splitOfName } from '../files/split-names.ts'
import { counted } from '../lib/counted.ts'
import { fail } from '../protocol/errors.ts'
import type { Finding } from '../protocol/studio.ts'
import type { DataFile } from './readers/reader.ts'

const DATA = /\.(csv|tsv|tab|json|jsonl|ndjson|parquet|pq|arrow|feather|ipc|xlsx)$/i
const TEXT = /\.(txt|text|md|log)$/i
/** What lies beside data and describes it. */
const ABOUT =
  /(^|\/)(readme|licen[cs]e|changelog|notice|citation)[^/]*$|(^|\/)(dataset_infos?|dataset_dict|features|state|metadata|package)\.json$/i

/** What a set of files is called: their common folder, or the first of them. */
export function nameOf(names: readonly string[]): string {
  if (names.length === 1) return names[0]!
  const folders = names.map((name) => name.split('/').slice(0, -1))
  let depth = 0
  while (folders[0]?.[depth] !== undefined && folders.every((path) => path[depth] === folders[0]![depth]))
    depth++
  if (depth > 0) return folders[0]!.slice(0, depth).join('/')
  return `${names[0] ?? 'Nothing'} and ${names.length - 1} more`
}

/** The order in which the rows of several files follow each other. */
export const byName = (a: { name: string }, b: { name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0

/**
 * The files of a folder or archive that hold rows: tables where there are any, else plain texts.
 * @throws LapidaryError `unsupported_format` where there are none
 */
export function chooseFiles(
  files: readonly DataFile[],
  set: string,
): { chosen: DataFile[]; findings: Finding[] } {
  if (files.length === 1) return { chosen: [...files], findings: [] }
  const rows = files.filter(({ name }) => !ABOUT.test(name))
  const tables = rows.filter(({ name }) => DATA.test(name))
  const chosen = tables.length > 0 ? tables : rows.filter(({ name }) => TEXT.test(name))
  const taken = new Set(chosen)
  // In an order of its own: a page gives a folder's files in any.
  const left = files
    .filter((file) => !taken.has(file))
    .sort(byName)
    .map(({ name }) => name)
  if (chosen.length === 0)
    fail(
      'unsupported_format',
      `${set} has no file that can be read as rows, only ${listed(left)}.`,
      'Choose CSV, JSON, Parquet, Arrow, Excel or text files.',
      { file: set, files: left.length },
    )
  chosen.sort(byName)
  if (left.length === 0) return { chosen, findings: [] }
  return {
    chosen,
    findings: [
      {
        severity: 'note',
        message: `${counted(left.length, 'file was', 'files were')} left out: ${listed(left)}.`,
        hint: 'They do not look like tables. Open one by itself if it is one.',
      },
    ],
  }
}

/**
 * For each file what it is for, by its name or the folder it lies in, where they do not all say the same; else null. Beside files for
 * testing or validation, one that does not say is for training.
 */
export function splitsOf(names: readonly string[]): string[] | null {
  const splits = names.map((name) => {
    const folders = name.split('/').slice(0, -1).reverse()
    const found = [baseName(name), ...folders].map(splitOfPart)
    return found.find((split) => split !== null) ?? 'train'
  })
  return new Set(splits).size > 1 ? splits : null
}

/** Of `key=value` folders only those that are named for it speak of it: `valid=true` does not. */
function splitOfPart(name: string): string | null {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(name) ?? []
  if (key === undefined) return splitOfName(name)
  return /^(split|subset|partition|fold|set)$/i.test(key) ? splitOfName(value!) : null
}

/**
 * Says that plain texts lie in folders of several names, as one for each label, which are in no column; nothing where the folders say
 * what rows are for, or name columns themselves (`key=value`).
 */
export function foldersAside(names: readonly string[], hasColumns: boolean): Finding[] {
  if (hasColumns || !names.every((name) => TEXT.test(name))) return []
  const folders = names.map((name) => baseName(name.split('/').slice(0, -1).join('/')))
  const found = [...new Set(folders)].filter((folder) => splitOfPart(folder) === null).sort()
  if (found.length < 2 || found.some((folder) => folder === '')) return []
  return [
    {
      severity: 'warning',
      message: `The files lie in folders (${listed(found)}) whose names are in no column.`,
      hint: `If they are labels, rename the folders to label=${found[0]}, label=${found[1]} and so on: then they become a column.`,
    },
  ]
}

/** Says what was put together. */
export function putTogether(
  files: readonly { name: string; rows: number }[],
  splits: readonly string[] | null,
): Finding[] {
  if (files.length < 2) return []
  return [
    {
      severity: 'note',
      message: `${files.length} files were put together: ${listed(files.map(({ name, rows }) => `${name} (${counted(rows, 'row', 'rows')})`))}.`,
      hint: 'They have the same columns; their rows follow each other in this order.',
    },
    ...(splits
      ? [
          {
            severity: 'note' as const,
            message: `The column "${SPLIT}" was made from the files' names: it says which rows are for ${listed([...new Set(splits)])}.`,
            hint: 'Rows for testing and validation are not trained on, unless another way of holding rows out is chosen.',
            column: SPLIT,
          },
        ]
      : []),
  ]
}

/**
 * Files that are put together have the same columns; rows of JSON may leave names out.
 * @throws LapidaryError `bad_data` with a column that only one of them has
 */
export function checkSameColumns(
  first: { name: string; columns: ReadonlySet<string> },
  other: { name: string; columns: ReadonlySet<string> },
  lenient: boolean,
): void {
  const extra = [...other.columns].filter((column) => !first.columns.has(column))
  const lacking = [...first.columns].filter((column) => !other.columns.has(column))
  if (lenient ? extra.length === 0 || lacking.length === 0 : extra.length + lacking.length === 0) return
  const column = extra[0] ?? lacking[0]!
  const [has, lacks] = extra.length > 0 ? [other.name, first.name] : [first.name, other.name]
  fail(
    'bad_data',
    `The files have different columns: "${column}" is in ${has}, but not in ${lacks}.`,
    'Open them one by one, or give them the same columns.',
    { file: other.name, column },
  )
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}
