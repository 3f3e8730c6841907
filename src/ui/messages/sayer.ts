import { formatWhole } from './numbers.ts'
import type { Sayer } from './said.ts'

/**
 * What the studio says behind the page, in another language. A key is the English text as the sources have it: `{0}`, `{1}` ... are
 * values, `‹one|another›` is one of several wordings. In the translation `{0}` is the value as it is, `{0~}` one that is a text itself and is
 * said in the language, too; `‹0:one|another›` goes by the wording that the first such place has in English. What English alone needs,
 * `‹row|rows›`, is left out.
 */
export type SaidTexts = Record<string, string>

/** A value in a key, or an edge of a choice. */
const MARK = /\{\d+\}|[‹|›]/
const SPECIAL = /[\\^$.*+?()[\]{}|/]/g
/** Letters and signs of its own with which a text is known whatever its values are. */
const SURE = 8
const SENTENCE = /(?<=[.!?]) (?=["A-Z0-9])/
/** Characters within which it is looked where a text ends, and beyond which a text is none of ours. */
const LONG = 400
const LONGEST = 1500
const DEEPEST = 6
const CLAUSE = /[:.] /
/** Between items of a list. */
const BETWEEN = /(; | · |, | and | or )/
const LIST: Record<string, string> = { '; ': '；', ', ': '、', ' · ': '・', ' and ': '和', ' or ': '或' }

interface Pattern {
  /** Longest words outside of any choice: a text without them is not meant. */
  words: string
  key: string
  text: string
  /** Made with the first text that has the words. */
  regex?: RegExp
  /** What each group of the expression is. */
  groups?: Group[]
  /** Values with nothing, or a blank, between them. */
  runs?: Run[]
}

interface Run {
  values: number[]
  between: string[]
}

type Group = { value: number } | { choice: number; option: number }

/** @param texts by their keys */
export function createSayer(texts: SaidTexts): Sayer {
  const exact = new Map<string, string>()
  const patterns: (Pattern & { size: number })[] = []
  for (const [key, text] of Object.entries(texts)) {
    if (!MARK.test(key)) exact.set(key, text)
    else {
      const pieces = outside(key)
      const words = pieces.reduce((long, piece) => (piece.length > long.length ? piece : long), '')
      patterns.push({ words, key, text, size: sizeOf(key) })
    }
  }
  // The more words of a text are its own, the surer it is meant.
  patterns.sort((a, b) => b.size - a.size)
  const known = new Map<string, string | null>()
  let depth = 0

  function whole(text: string): string | null {
    const kept = known.get(text)
    if (kept !== undefined) return kept
    const found = exact.get(text) ?? matched(text)
    if (known.size > 500) known.clear()
    known.set(text, found)
    return found
  }

  function matched(text: string): string | null {
    let other: (() => string) | null = null
    for (const pattern of patterns) {
      if (!text.includes(pattern.words)) continue
      const { regex, groups, runs } = compiled(pattern)
      const match = regex.exec(text)
      if (!match) continue
      const found = parts(match, groups)
      for (const run of runs) settle(run, found.values, pattern.text)
      if (pattern.size < SURE && !isOurs(pattern.text, found.values)) continue
      const told = () => filled(pattern.text, found)
      // A value with the end of a clause in it may have taken in words of a text that is meant.
      if (found.values.every((value, at) => !CLAUSE.test(value) || pattern.text.includes(`{${at}~}`)))
        return told()
      other ??= told
    }
    return other?.() ?? null
  }

  /** What has hardly a word of its own, `{0}: {1}`, `row {0}`, is meant where the texts in it are known, or its value is one word. */
  function isOurs(text: string, values: string[]): boolean {
    const inner = [...text.matchAll(/\{(\d+)~\}/g)].map(([, at]) => values[Number(at)] ?? '')
    if (inner.length === 0) return values.every((value) => !/\s/.test(value))
    return inner.some((value) => isCertain(value) || isCertain(`${value}.`))
  }

  /** Whether a text is known by words of its own. */
  function isCertain(text: string): boolean {
    if (exact.has(text)) return true
    return patterns.some(
      (pattern) => pattern.size >= SURE && text.includes(pattern.words) && compiled(pattern).regex.test(text),
    )
  }

  /** Where one of the values ends and the next begins: texts among them are known. */
  function settle({ values, between }: Run, found: string[], text: string): void {
    const all = values.map((at) => found[at])
    if (all.includes(undefined)) return
    const joined = all.reduce<string>((so, one, i) => so + (i > 0 ? between[i - 1]! : '') + one!, '')
    if (joined.length > LONG) return
    const isText = values.map((at) => text.includes(`{${at}~}`))
    const divided = divide(joined, isText, between)
    if (divided) for (const [i, at] of values.entries()) found[at] = divided[i]!
  }

  function divide(joined: string, isText: boolean[], between: string[]): string[] | null {
    const [first, ...rest] = isText
    const fits = (part: string) => !first || part === '' || isCertain(part)
    if (rest.length === 0) return fits(joined) ? [joined] : null
    const blank = between[0]!
    const ends = Array.from({ length: joined.length + 1 }, (_, end) => end)
    // A value of its own takes what is no text; of texts the longest is meant.
    if (!rest.some(Boolean)) ends.reverse()
    for (const end of ends) {
      if (!joined.startsWith(blank, end) || !fits(joined.slice(0, end))) continue
      const others = divide(joined.slice(end + blank.length), rest, between.slice(1))
      if (others) return [joined.slice(0, end), ...others]
    }
    return null
  }

  function filled(text: string, { values, chosen }: Found): string {
    return text
      .replace(
        /‹(\d+):([^›]*)›/g,
        (_, at: string, options: string) => options.split('|')[chosen[Number(at)] ?? 0] ?? '',
      )
      .replace(
        /\{(\d+)(~?)\}( ?)/g,
        (mark, at: string, own: string, blank: string, from: number, all: string) => {
          const value = values[Number(at)] ?? ''
          return own
            ? set(within(value), blank, all[from - 1], all[from + mark.length])
            : regrouped(value) + blank
        },
      )
  }

  /** Texts are put into each other a few times, never without end. */
  function within(text: string): string {
    if (depth >= DEEPEST) return text
    depth++
    try {
      return inside(text)
    } finally {
      depth--
    }
  }

  /** A text within another one: whole, without its full stop, or a list of such. */
  function inside(text: string): string {
    const items = text.split(BETWEEN)
    const each = items.map((item, i) => (i % 2 === 1 ? LIST[item]! : whole(item)))
    if (items.length > 1 && !each.includes(null)) return each.join('')
    const found = whole(text) ?? cut(whole(`${text}.`))
    if (found !== null) return found
    const told = sentences(text)
    if (told !== text) return told
    // Of values alone: what stands between them.
    const isList = items.every((item, i) => i % 2 === 1 || !/\s/.test(item))
    if (items.length === 1 || (!isList && each.every((item, i) => i % 2 === 1 || item === null))) return text
    return each.map((item, i) => item ?? items[i]!).join('')
  }

  /** Texts one behind the other, each of them known by itself. */
  function sentences(text: string): string {
    const parts = text.split(SENTENCE)
    const told = parts.map((part) => whole(part) ?? whole(` ${part}`))
    if (parts.length === 1 || told.every((part) => part === null)) return text
    return told.map((part, i) => part ?? parts[i]!).join('')
  }

  return (text) => (text.length > LONGEST ? text : (whole(text) ?? sentences(text)))
}

/** What stands in a text in the places of a key's values, and which wordings of its choices it has. */
interface Found {
  values: string[]
  chosen: number[]
}

function parts(match: RegExpExecArray, groups: Group[]): Found {
  const values: string[] = []
  const chosen: number[] = []
  for (const [i, group] of groups.entries()) {
    const found = match[i + 1]
    if (found === undefined) continue
    if ('value' in group) values[group.value] = found
    else chosen[group.choice] = group.option
  }
  return { values, chosen }
}

const HAN = /\p{Script=Han}/u

/** A text in another one: Chinese is set apart from letters and digits of other scripts, and not from its own signs. */
function set(told: string, blank: string, before = '', after = ''): string {
  const first = HAN.test(before) && /^[A-Za-z0-9]/.test(told) ? ' ' : ''
  if (blank) return first + told + (/[）」。]$/.test(told) ? '' : blank)
  return first + told + (HAN.test(after) && /[A-Za-z0-9]$/.test(told) ? ' ' : '')
}

const cut = (text: string | null): string | null => text?.replace(/[。.]$/, '') ?? null

/** Numbers that English has grouped, as the language groups them. */
const regrouped = (value: string): string =>
  /^\d{1,3}(,\d{3})+$/.test(value) ? formatWhole(Number(value.replaceAll(',', ''))) : value

/** Letters and signs of a key itself, of choices those of the longest wording. */
function sizeOf(key: string): number {
  let plain = key.replace(/\{\d+\}/g, '')
  for (let before = ''; before !== plain; ) {
    before = plain
    plain = plain.replace(/‹([^‹›]*)›/, (_, options: string) =>
      options.split('|').reduce((long, option) => (option.length > long.length ? option : long), ''),
    )
  }
  return plain.length
}

/** The words of a key that stand in every text of it. */
function outside(key: string): string[] {
  let depth = 0
  const pieces: string[] = []
  for (const piece of key.split(/(\{\d+\}|[‹›])/)) {
    if (piece === '‹') depth++
    else if (piece === '›') depth--
    else if (depth === 0 && !/^\{\d+\}$/.test(piece)) pieces.push(piece)
  }
  return pieces
}

function compiled(pattern: Pattern): { regex: RegExp; groups: Group[]; runs: Run[] } {
  if (!pattern.regex) {
    const groups: Group[] = []
    let choices = 0
    const open: { choice: number; option: number }[] = []
    // A text of several wordings is an alternative of groups; an empty group tells which it was.
    const source = pattern.key
      .split(/(\{\d+\}|[‹|›])/)
      .map((piece) => {
        if (/^\{\d+\}$/.test(piece)) {
          groups.push({ value: Number(piece.slice(1, -1)) })
          return '([\\s\\S]*?)'
        }
        if (piece === '‹') {
          open.push({ choice: choices++, option: 0 })
          groups.push({ ...open.at(-1)! })
          return '(?:()'
        }
        if (piece === '|' && open.length > 0) {
          open.at(-1)!.option++
          groups.push({ ...open.at(-1)! })
          return '|()'
        }
        if (piece === '›') {
          open.pop()
          return ')'
        }
        return piece.replace(SPECIAL, '\\$&')
      })
      .join('')
    pattern.regex = new RegExp(`^${source}$`)
    pattern.groups = groups
    pattern.runs = [...pattern.key.matchAll(/\{\d+\}(?: ?\{\d+\})+/g)].map(([run]) => ({
      values: [...run.matchAll(/\d+/g)].map(Number),
      between: [...run.matchAll(/\}( ?)\{/g)].map(([, blank]) => blank!),
    }))
  }
  return { regex: pattern.regex, groups: pattern.groups!, runs: pattern.runs! }
}
