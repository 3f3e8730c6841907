/**
 * Which files of a data set's repository make which split, by the conventions of the Hub: the card's `configs`, else names
 * such as `data/train-00000-of-00002.parquet`, folders, then files named for a split, else everything is for training.
 * Source: https://huggingface.co/docs/hub/datasets-data-files-configuration, `datasets/data_files.py`
 */
import type { RepositoryFile } from '../../files/hub.ts'

export interface RepositorySplit {
  config: string
  split: string
  files: RepositoryFile[]
}

/** What a card says of one configuration; patterns by split. */
export interface CardConfig {
  name: string
  folder: string
  patterns: Map<string, string[]> | null
}

/** Formats that can be read, those preferred first where there are as many files of each. */
const FORMATS: readonly RegExp[] = [
  /\.(parquet|pq)$/i,
  /\.(arrow|feather|ipc)$/i,
  /\.(jsonl|ndjson|json)(\.gz)?$/i,
  /\.(csv|tsv)(\.gz)?$/i,
  /\.xlsx$/i,
  /\.(txt|text)(\.gz)?$/i,
  /\.zip$/i,
]

const KEYWORDS: readonly [split: string, words: string][] = [
  ['train', 'train|training'],
  ['validation', 'validation|valid|dev|val'],
  ['test', 'test|testing|eval|evaluation'],
]
/** Beside data, never data. */
const ABOUT =
  /(^|\/)(README\.md|config\.json|dataset_infos?\.json|dummy_data\.zip|dataset_dict\.json|state\.json)$/
const HIDDEN = /(^|\/)(\.|__)/
const SHARD = /^data\/([\w-]+?)-\d{5}-of-\d{5}[^/]*\.[^/]*$/

/** Splits that have files, in the order of the card or of the Hub. */
export function layOut(files: readonly RepositoryFile[], configs: readonly CardConfig[]): RepositorySplit[] {
  const given = configs.length > 0 ? configs : [{ name: 'default', folder: '', patterns: null }]
  return given.flatMap(({ name, folder, patterns }) => {
    const under = folder === '' ? files : files.filter(({ path }) => path.startsWith(folder))
    const splits = patterns ? byPatterns(under, folder, patterns) : byNames(under, folder)
    return [...ofOneFormat(splits)].map(([split, own]) => ({ config: name, split, files: own }))
  })
}

type Splits = Map<string, RepositoryFile[]>

function byPatterns(
  files: readonly RepositoryFile[],
  folder: string,
  patterns: ReadonlyMap<string, string[]>,
): Splits {
  const splits: Splits = new Map()
  for (const [split, globs] of patterns) {
    const wanted = globs.map((glob) => globPattern(folder + glob.replace(/^\.?\//, '')))
    splits.set(
      split,
      files.filter(({ path }) => wanted.some((pattern) => pattern.test(path))),
    )
  }
  return splits
}

function byNames(all: readonly RepositoryFile[], folder: string): Splits {
  const files = all.filter(({ path }) => {
    const rest = path.slice(folder.length)
    return !ABOUT.test(rest) && !HIDDEN.test(rest)
  })
  const within = (pattern: RegExp) => files.filter(({ path }) => pattern.test(path.slice(folder.length)))
  const shards = new Map<string, RepositoryFile[]>()
  for (const file of within(SHARD)) {
    const split = SHARD.exec(file.path.slice(folder.length))![1]!
    shards.set(split, [...(shards.get(split) ?? []), file])
  }
  if (shards.size > 0)
    return new Map(
      ['train', 'validation', 'test', ...[...shards.keys()].sort()]
        .filter((split) => shards.has(split))
        .map((split) => [split, shards.get(split)!]),
    )
  const before = '(^|/)([^/]*[-._ 0-9])?'
  for (const after of ['([-._ 0-9][^/]*)?/', '[-._ 0-9][^/]*$']) {
    const named = KEYWORDS.map(([split, words]) => {
      return [split, within(new RegExp(`${before}(${words})${after}`, 'i'))] as const
    })
    const found = new Map(named.filter(([, own]) => readable(own)))
    if (found.size > 0) return found
  }
  return new Map([['train', files]])
}

function readable(files: readonly RepositoryFile[]): boolean {
  return files.some(({ path }) => FORMATS.some((format) => format.test(path)))
}

/** The same rows often lie there in several formats: those of which there are most files are taken. */
function ofOneFormat(splits: Splits): Splits {
  const all = [...splits.values()].flat().filter(({ size }) => size > 0)
  const counts = FORMATS.map((format) => all.filter(({ path }) => format.test(path)).length)
  const most = Math.max(...counts)
  if (most === 0) return new Map()
  const format = FORMATS[counts.indexOf(most)]!
  const taken = [...splits].map(([split, files]) => {
    const own = files.filter(({ path, size }) => size > 0 && format.test(path))
    return [split, own.sort((a, b) => (a.path < b.path ? -1 : 1))] as const
  })
  return new Map(taken.filter(([, files]) => files.length > 0))
}

/** `*` and `?` stay within a folder, `**` goes through folders, `[...]` is one of these. */
export function globPattern(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|\[(!?)([^\]]+)\]|[\\^$.|+(){}[\]]/g, (part, not, set) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\[\]^]/g, '\\$&')}]`
    return `\\${part}`
  })
  return new RegExp(`^${source}$`)
}
