import type { CardConfig } from './hub-layout.ts'

/**
 * The configurations that a data set's card (its README.md) describes in its YAML head.
 * @returns none where it describes none; null where the head cannot be read
 */
export async function cardConfigs(card: string): Promise<CardConfig[] | null> {
  const head = /^\ufeff?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(\r?\n|$)/.exec(card)?.[1]
  if (head === undefined) return []
  const { parse } = await import('yaml')
  let facts: unknown
  try {
    facts = parse(head, { maxAliasCount: 100 })
  } catch {
    return null
  }
  const configs = isRecord(facts) && Array.isArray(facts.configs) ? facts.configs.filter(isRecord) : []
  const read = configs.map((config) => ({ preferred: config.default === true, ...readConfig(config) }))
  return read
    .sort((a, b) => Number(b.preferred) - Number(a.preferred))
    .map(({ name, folder, patterns }) => ({ name, folder, patterns }))
}

function readConfig(config: Record<string, unknown>): CardConfig {
  const folder = typeof config.data_dir === 'string' ? config.data_dir.replace(/^\.?\/|\/+$/g, '') : ''
  return {
    name: typeof config.config_name === 'string' ? config.config_name : 'default',
    folder: folder === '' ? '' : `${folder}/`,
    patterns: config.data_files === undefined ? null : patternsOf(config.data_files),
  }
}

/** A pattern, a list of them, a list of `{split, path}`, or patterns by split. */
function patternsOf(given: unknown): Map<string, string[]> {
  const patterns = new Map<string, string[]>()
  const add = (split: string, paths: unknown) => {
    const texts = (Array.isArray(paths) ? paths : [paths]).filter((path) => typeof path === 'string')
    patterns.set(split, [...(patterns.get(split) ?? []), ...texts])
  }
  if (Array.isArray(given))
    for (const entry of given)
      if (isRecord(entry)) add(String(entry.split ?? 'train'), entry.path)
      else add('train', entry)
  else if (isRecord(given)) for (const [split, paths] of Object.entries(given)) add(split, paths)
  else add('train', given)
  return patterns
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
