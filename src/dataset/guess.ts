import type { Table } from 'apache-arrow'
import { columnReader } from '../files/table.ts'
import { NO_MAPPING } from '../protocol/recipe.ts'
import type { ColumnInfo, Guess } from '../protocol/studio.ts'
import { ABOUT, LEAST_PARTIAL, languageOf, NAMES, normalName, PAIRS } from './column-names.ts'
import { readMessages } from './messages.ts'
import { asText } from './values.ts'

/** First guess at the roles of columns, with the reason in words. All roles are null where there is no telling. */
export function guessMapping(table: Table, columns: readonly ColumnInfo[]): Guess {
  const usable = columns.filter((column) => column.type !== 'empty')
  const messages =
    byName(usable, NAMES.messages, (column) => holdsMessages(table, column.name)) ??
    usable.find((column) => column.type === 'list' && holdsMessages(table, column.name))?.name
  if (messages !== undefined)
    return {
      ...NO_MAPPING,
      messages,
      reason: `"${messages}" holds conversations: turns with a role and content.`,
    }
  const plain = usable.filter(({ type }) => type !== 'list' && type !== 'object')
  const system = byName(plain, NAMES.system) ?? null
  const rest = plain.filter((column) => column.name !== system)
  const pair = knownPair(rest) ?? translation(rest) ?? usualNames(rest) ?? onlyTwo(rest)
  if (pair) {
    const { reason, input, ...roles } = pair
    const labels = sentimentWords(table, pair.response)
    const extra =
      input === undefined ? '' : ` "${input}" is put after what is asked, in rows where it holds something.`
    const words = labels === null ? '' : ' 0 is taken as negative and 1 as positive.'
    return {
      ...NO_MAPPING,
      ...roles,
      system,
      ...(input === undefined ? {} : { input }),
      ...(labels === null ? {} : { labels }),
      reason: `${reason}${extra}${words}`,
    }
  }
  const texts = rest.filter((column) => column.type === 'text')
  const text = byName(texts, NAMES.text) ?? (rest.length === 1 ? texts[0]?.name : undefined)
  if (text !== undefined)
    return { ...NO_MAPPING, text, reason: `"${text}" is the only text; the model learns to continue it.` }
  const nested = usable.find(({ type }) => type === 'list' || type === 'object')
  return {
    ...NO_MAPPING,
    reason: `No column has a familiar name${nested ? ` and plain text in it ("${nested.name}" holds lists or objects)` : ''}. Choose which is asked and which is the answer.`,
  }
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
    const found = columns.find((column) => {
      const own = normalName(column.name)
      return own.split(' ').includes(name) && !ABOUT.test(own) && fits(column)
    })
    if (found) return found.name
  }
  return undefined
}

/** Whether the first values of a column that are there are conversations. */
function holdsMessages(table: Table, column: string): boolean {
  const read = columnReader(table, column)!
  let seen = 0
  for (let row = 0; row < table.numRows && seen < 5; row++) {
    const value = read(row)
    if (value === null) continue
    if (typeof readMessages(value) === 'string') return false
    seen++
  }
  return seen > 0
}
