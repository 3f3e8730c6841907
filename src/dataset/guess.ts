import type { Table } from 'apache-arrow'
import { columnReader } from '../files/table.ts'
import { NO_MAPPING } from '../protocol/recipe.ts'
import type { ColumnInfo, Guess } from '../protocol/studio.ts'
import {
  ABOUT,
  ABOUT_TEXT,
  ASKED,
  CHOSEN,
  LEAST_PARTIAL,
  languageOf,
  NAMES,
  normalName,
  PAIRS,
  REJECTED,
  RIGHT,
  WANTED,
} from './column-names.ts'
import { isSpeaker, looksLikeTurns, readMessages, readSystem } from './messages.ts'
import { asText, isMissing, squadAnswer } from './values.ts'

/** First guess at the roles of columns, with the reason in words. All roles are null where there is no telling. */
export function guessMapping(table: Table, columns: readonly ColumnInfo[]): Guess {
  const there = columns.filter((column) => column.type !== 'empty')
  const usable = there.filter(({ name }) => !REJECTED.test(normalName(name)))
  const holding = new Map(usable.map(({ name, type }) => [name, holds(table, name, type)]))
  const isChat = ({ name }: ColumnInfo) => holding.get(name) === 'conversations'
  const system =
    byName(
      usable.filter((column) => isPlainOrParts(table, column)),
      NAMES.system,
    ) ?? null
  const named = byName(usable, NAMES.messages, isChat)
  const parts = named === undefined ? turnsPair(table, usable, holding) : null
  const judged = parts && wantedColumn(table, there, parts)
  if (judged) return unsure(judged)
  if (parts) return { ...NO_MAPPING, ...parts, system }
  const messages = named ?? usable.find(isChat)?.name
  if (messages !== undefined) {
    const before = system === null ? '' : ` "${system}" is put before them where they have no such turn.`
    const better = usable.length < there.length && CHOSEN.test(normalName(messages))
    return {
      ...NO_MAPPING,
      messages,
      system,
      reason: `"${messages}" holds conversations: turns with a role and content.${before}${better ? ' The rejected answers are not learnt.' : ''}`,
    }
  }
  const plain = usable.filter(
    ({ name, type }) =>
      holding.get(name) !== 'turns' && ((type !== 'list' && type !== 'object') || isSquad(table, name)),
  )
  const own = plain.some(({ name }) => name === system) ? system : null
  const rest = plain.filter((column) => column.name !== own)
  const isAll = rest.length + (own === null ? 0 : 1) === there.length
  const pair = knownPair(rest) ?? translation(rest) ?? usualNames(rest) ?? (isAll ? onlyTwo(rest) : null)
  const turns = knownPair(rest) ? null : turnsByRow(table, there)
  if (turns !== null)
    return {
      ...NO_MAPPING,
      reason: `Each row is one turn of a conversation, said by "${turns}". Put the turns of a conversation into one row, as a list of {role, content}.`,
    }
  const marked = pair && wantedColumn(table, there, pair)
  if (marked) return unsure(marked)
  if (pair) {
    const { reason, input, ...roles } = pair
    const labels = sentimentWords(table, pair.response)
    const extra =
      input === undefined ? '' : ` "${input}" is put after what is asked, in rows where it holds something.`
    const words = labels === null ? '' : ' 0 is taken as negative and 1 as positive.'
    return {
      ...NO_MAPPING,
      ...roles,
      system: own,
      ...(input === undefined ? {} : { input }),
      ...(labels === null ? {} : { labels }),
      reason: `${reason}${extra}${words}`,
    }
  }
  const unread = usable.find(({ name }) => holding.get(name) === 'turns')
  const preference = usable.length < there.length
  const texts = rest.filter((column) => column.type === 'text')
  const only = isAll && rest.length === 1 ? texts[0]?.name : undefined
  const asked = only !== undefined && ASKED.test(normalName(only))
  if (asked && !unread)
    return {
      ...NO_MAPPING,
      reason: `"${only}" is what is asked, and nothing says what is to be answered. If it is text to be continued, choose it as the text.`,
    }
  const text = unread || preference ? undefined : (byName(texts, NAMES.text) ?? only)
  const other = texts.find(({ name }) => name !== text && !isAbout(name))
  if (text !== undefined && other)
    return {
      ...NO_MAPPING,
      reason: `"${text}" may be text to be continued, but "${other.name}" is text, too. Choose the text, or which is asked and which is the answer.`,
    }
  if (text !== undefined)
    return { ...NO_MAPPING, text, reason: `"${text}" is the only text; the model learns to continue it.` }
  if (preference)
    return {
      ...NO_MAPPING,
      reason:
        'These are pairs of a chosen and a rejected answer. Choose what is asked, and the chosen answer; the rejected one is not to be learnt.',
    }
  if (unread)
    return {
      ...NO_MAPPING,
      reason: `"${unread.name}" looks like conversations, but they cannot be read: a row ${whyNot(table, unread.name)}. Choose which column is asked and which is the answer.`,
    }
  const nested = usable.find(({ type }) => type === 'list' || type === 'object')
  return {
    ...NO_MAPPING,
    reason: `No column has a familiar name${nested ? ` and plain text in it ("${nested.name}" holds lists or objects)` : ''}. Choose which is asked and which is the answer.`,
  }
}

function isAbout(name: string): boolean {
  const own = normalName(name)
  return ABOUT.test(own) || ABOUT_TEXT.test(own)
}

interface Pair {
  prompt: string
  response: string
  input?: string
  reason: string
}

/** Two columns, or three, whose names go together. */
function knownPair(columns: readonly ColumnInfo[]): Pair | null {
  const find = (names: readonly string[]) => {
    for (const name of names) {
      const found = columns.find((column) => normalName(column.name) === name)
      if (found) return found.name
    }
    return undefined
  }
  for (const known of PAIRS) {
    const [prompt, response] = [find(known.prompt), find(known.response)]
    if (prompt === undefined || response === undefined) continue
    const input = find(known.input ?? NAMES.input)
    const reason = known.relation
      ? `By their names, "${prompt}" is what is given and "${response}" ${known.relation}.`
      : asked(prompt, response)
    if (input === undefined || input === prompt || input === response) return { prompt, response, reason }
    return { prompt, response, input, reason }
  }
  return null
}

/** Columns named for languages: from English where it is there, into the first other. */
function translation(columns: readonly ColumnInfo[]): Pair | null {
  const named = columns.flatMap(({ name, type }) => {
    const found = type === 'text' ? languageOf(name) : null
    return found ? [{ name, ...found }] : []
  })
  const sure = named.filter((column) => column.sure)
  const all = sure.length === 1 && columns.length === 2 ? named : sure
  const from = all.find(({ language }) => language === 'English') ?? all[0]
  const to = all.find((column) => column !== from)
  if (!from || !to) return null
  const example = /[{}]/.test(from.name) ? '' : `, such as "Translate {${from.name}} to ${to.language}"`
  const others = all.length > 2 ? ` Of ${all.length} languages these two were taken.` : ''
  return {
    prompt: from.name,
    response: to.name,
    reason: `"${from.name}" and "${to.name}" are named for languages: the model learns to translate from ${from.language} to ${to.language}.${others} A template may say so in each prompt${example}.`,
  }
}

function usualNames(columns: readonly ColumnInfo[]): Pair | null {
  const response = byName(columns, NAMES.response)
  const others = columns.filter(({ name }) => name !== response)
  const prompt = byName(others, NAMES.prompt)
  if (prompt === undefined || response === undefined) return null
  const input = others.find(({ name }) => name !== prompt && NAMES.input.includes(normalName(name)))?.name
  const pair = { prompt, response, reason: asked(prompt, response) }
  return input === undefined ? pair : { ...pair, input }
}

function onlyTwo(columns: readonly ColumnInfo[]): Pair | null {
  const [prompt, response] = columns.map(({ name }) => name)
  if (columns.some(({ name }) => ABOUT.test(normalName(name)))) return null
  if (columns.length !== 2 || prompt === undefined || response === undefined) return null
  const reason = `There are two columns: "${prompt}" was taken as what is asked, "${response}" as the answer.`
  return { prompt, response, reason }
}

function asked(prompt: string, response: string): string {
  return `By their names, "${prompt}" is what is asked and "${response}" what is to be answered.`
}

/** 0 and 1 in a column named for it mean what everyone means by them; in a column named "label" nobody knows. */
function sentimentWords(table: Table, column: string): Record<string, string> | null {
  if (!/sentiment|polarity/i.test(column)) return null
  const read = columnReader(table, column)!
  const values = new Set<string | null>()
  for (let row = 0; row < table.numRows && values.size <= 2; row++) {
    const value = asText(read(row))
    if (value !== null) values.add(value)
  }
  return values.size === 2 && values.has('0') && values.has('1') ? { 0: 'negative', 1: 'positive' } : null
}

function byName(
  columns: readonly ColumnInfo[],
  wanted: readonly string[],
  fits: (column: ColumnInfo) => boolean = () => true,
): string | undefined {
  for (const name of wanted) {
    const found = columns.find((column) => normalName(column.name) === name && fits(column))
    if (found) return found.name
  }
  // "user_prompt", "Answer (en)": a usual name as one of the words.
  for (const name of wanted) {
    if (name.length < LEAST_PARTIAL) continue
    const found = columns.filter((column) => {
      const own = normalName(column.name)
      return own.split(' ').includes(name) && !ABOUT.test(own) && fits(column)
    })
    // "response_a" and "response_b": which of them is meant, no name says.
    const counted = found.filter((column) => /^\S+ (?:\d+|[a-z])$/.test(normalName(column.name)))
    if (wanted === NAMES.response && found.length > 1) {
      const right = found.filter((column) => RIGHT.test(normalName(column.name)))
      return right.length === 1 ? right[0]!.name : undefined
    }
    if (found[0] && counted.length < 2) return found[0].name
  }
  return undefined
}

/** Values looked at: one odd row hides no column. */
const LOOKED_AT = 200

/** The first values of a column that are there. */
function firstValues(table: Table, column: string): unknown[] {
  const read = columnReader(table, column)!
  const values: unknown[] = []
  for (let row = 0; row < table.numRows && values.length < LOOKED_AT; row++) {
    const value = read(row)
    if (!isMissing(value)) values.push(value)
  }
  return values
}

/**
 * What a column holds: `conversations`, where some can be learnt from and most look like it; `turns`, where they are none that can be
 * read or have no answer; else nothing of the kind.
 */
function holds(table: Table, column: string, type: ColumnInfo['type']): 'conversations' | 'turns' | null {
  if (type === 'number' || type === 'boolean' || type === 'date') return null
  const nested = type === 'list' || type === 'object'
  const isNamed = NAMES.messages.includes(normalName(column))
  const values = firstValues(table, column)
  const likely = values.filter(looksLikeTurns).length * 2 > values.length
  if (!likely) return null
  const read = values.map(readMessages).filter((turns) => typeof turns !== 'string')
  const answered = read.filter((turns) =>
    ['user', 'assistant'].every((wanted) => turns.some(({ role }) => role === wanted)),
  ).length
  if (answered > 0 && (isNamed || answered * 2 > values.length)) return 'conversations'
  return isNamed || !nested || read.length > 0 ? 'turns' : null
}

function whyNot(table: Table, column: string): string {
  const causes = firstValues(table, column).map(readMessages)
  return causes.find((cause) => typeof cause === 'string') ?? 'has no answer'
}

/** Text, or an object or a list of parts of text. */
function isPlainOrParts(table: Table, { name, type }: ColumnInfo): boolean {
  if (type !== 'list') return type === 'text' || type === 'object'
  const values = firstValues(table, name)
  return values.length > 0 && values.every((value) => readSystem(value) !== null)
}

/** A column that says of each answer whether it was wanted (KTO), where both occur or not all were. */
export function wantedColumn(
  table: Table,
  columns: readonly ColumnInfo[],
  { response }: { response: string | null },
): string | null {
  const found = columns.find(
    ({ name, type }) =>
      (type === 'boolean' || type === 'number') && name !== response && WANTED.test(normalName(name)),
  )
  if (!found) return null
  const values = firstValues(table, found.name).map((value) => String(value).toLowerCase())
  const isSaid = values.every((value) => /^(?:true|false|0|1)$/.test(value))
  return isSaid && values.some((value) => value === 'false' || value === '0') ? found.name : null
}

function unsure(wanted: string): Guess {
  return {
    ...NO_MAPPING,
    reason: `"${wanted}" says which answers were wanted and which were not. Leave the others out, then choose what is asked and what is to be answered.`,
  }
}

/** A column of speakers in a table of one turn a row; null where it is none. */
function turnsByRow(table: Table, columns: readonly ColumnInfo[]): string | null {
  const speakers = columns.find(({ name }) => ['role', 'from', 'speaker'].includes(normalName(name)))
  if (!speakers) return null
  const values = firstValues(table, speakers.name)
  return values.length > 0 && values.every((value) => typeof value === 'string' && isSpeaker(value))
    ? speakers.name
    : null
}

/** TRL's form: what is asked is turns, what is to be answered turns that begin with an answer, or text. */
function turnsPair(
  table: Table,
  columns: readonly ColumnInfo[],
  holding: ReadonlyMap<string, 'conversations' | 'turns' | null>,
): Pick<Guess, 'prompt' | 'response' | 'reason'> | null {
  const nested = (name: string) => holding.get(name) !== null
  const fits = columns.filter(({ name, type }) => nested(name) || (type !== 'list' && type !== 'object'))
  const pair = knownPair(fits)
  if (!pair || !(nested(pair.prompt) || nested(pair.response))) return null
  const answers = firstValues(table, pair.response).map(readMessages)
  const begin = answers.filter((turns) => typeof turns === 'string' || turns[0]?.role === 'assistant').length
  if (nested(pair.response) && begin * 2 <= answers.length) return null
  const { prompt, response } = pair
  return {
    prompt,
    response,
    reason: `"${prompt}" and "${response}" are turns of one conversation; only "${response}" is learnt.`,
  }
}

/** `{text: [...], answer_start: [...]}`: the answers of SQuAD, of which the first is taken. */
function isSquad(table: Table, column: string): boolean {
  const values = firstValues(table, column)
  return values.length > 0 && values.every((value) => squadAnswer(value) !== undefined)
}
