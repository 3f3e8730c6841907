import { csvFields } from '../src/lib/csv-text.ts'
import { fail } from '../src/protocol/errors.ts'

/** switch: there or not, or `--no-name`; value: JSON where it reads as such, else text. */
export type FlagType = 'switch' | 'text' | 'number' | 'value' | 'list' | 'paths'

interface FlagValue {
  switch: boolean
  text: string
  number: number
  value: unknown
  /** Given several times, or once with commas; what holds a comma itself stands in quotes, as in CSV. */
  list: string[]
  /** Given several times; a path may have commas. */
  paths: string[]
}

export type Flags<Spec extends Record<string, FlagType>> = { [Name in keyof Spec]?: FlagValue[Spec[Name]] }

/**
 * Reads `--name value`, `--name=value`, `--switch` and `--no-switch`. Names may be written with `-` or `_`.
 * @throws LapidaryError `bad_config` for an unknown flag or a missing or unreadable value
 */
export function parseFlags<Spec extends Record<string, FlagType>>(argv: string[], spec: Spec): Flags<Spec> {
  const flags: Record<string, unknown> = {}
  for (let i = 0; i < argv.length; i++) {
    const [written, inline] = split(argv[i]!)
    const name = written.replaceAll('-', '_')
    const negated = name.startsWith('no_') ? name.slice(3) : null
    if (negated && ['switch', 'value'].includes(spec[negated] ?? '')) {
      flags[negated] = false
      continue
    }
    const type = spec[name]
    if (!type)
      fail('bad_config', `Unknown flag --${written}.`, 'See --help for all of them.', {
        flag: `--${written}`,
      })
    const next = argv[i + 1]
    const follows = next !== undefined && !/^--[a-z]/i.test(next)
    if (type === 'switch' || (type === 'value' && inline === undefined && !follows)) {
      flags[name] = inline === undefined ? true : inline !== 'false'
      continue
    }
    if (inline === undefined && !follows)
      fail('bad_config', `Flag --${written} has no value.`, 'See --help.', { flag: `--${written}` })
    const text = inline ?? argv[++i]!
    flags[name] = read(type, text, written, flags[name])
  }
  return flags as Flags<Spec>
}

function split(argument: string): [string, string | undefined] {
  const match = /^--([^=]+)(?:=(.*))?$/s.exec(argument)
  if (!match)
    fail('bad_config', `"${argument}" is not a flag.`, 'Flags begin with --; see --help.', {
      found: argument,
    })
  return [match[1]!, match[2]]
}

function read(type: FlagType, text: string, name: string, before: unknown): unknown {
  const parts = csvFields(text).filter((part) => part !== '')
  if (parts.length === 0 && type !== 'text' && type !== 'number')
    fail('bad_config', `Flag --${name} has no value.`, 'See --help.', { flag: `--${name}` })
  if (type === 'list') return [...((before as string[] | undefined) ?? []), ...parts]
  if (type === 'paths') return [...((before as string[] | undefined) ?? []), text]
  if (type === 'text') return text
  const number = text.trim() === '' ? Number.NaN : Number(text)
  if (type === 'number') {
    if (!Number.isFinite(number))
      fail('bad_config', `--${name} takes a number, not "${text}".`, 'See --help.', { flag: `--${name}` })
    return number
  }
  if (Number.isFinite(number)) return number
  if (text === 'true' || text === 'false' || text === 'null') return JSON.parse(text)
  return text
}
