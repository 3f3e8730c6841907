import { counted } from '../../lib/counted.ts'
import type { Finding } from '../../protocol/preparation.ts'
import { type Mapping, NO_MAPPING } from '../../protocol/recipe.ts'
import { renameInTemplate } from '../../protocol/template.ts'
import { BESIDE, CHOSEN, NAMES, normalName, OPTION, REJECTED, WANTED } from '../column-names.ts'
import type { Frame } from '../frame.ts'
import { isToolsColumn } from '../rows.ts'
import { asText, isMissing } from '../values.ts'
import { askedColumns, leaveOut, step } from './examples.ts'

/** Checks on columns: their names, and what kind of thing they hold. */

/** Values looked at to tell what a column holds. */
export const LOOKED_AT = 200

export function headerSpace(frame: Frame, mapping: Mapping): Finding[] {
  return frame.names.flatMap((name): Finding[] => {
    const plain = name
      .normalize('NFC')
      .replace(/[\s\u200b\ufeff]+/g, ' ')
      .trim()
    if (plain === name || plain === '') return []
    const free = !frame.has(plain)
    return [
      {
        kind: 'header_space',
        severity: 'note',
        message: `The column name ${JSON.stringify(name)} has white space around it or twice inside.`,
        hint: 'It has to be written just so wherever it is named. Rename it to be safe.',
        column: name,
        ...(free
          ? {
              fix: {
                ...step(`Rename to "${plain}"`, {
                  type: 'rename_column',
                  enabled: true,
                  column: name,
                  to: plain,
                }),
                ...followed(mapping, name, plain),
              },
            }
          : {}),
      },
    ]
  })
}

/** Rows in which the names of the columns stand once more, as where files were put one behind the other. */
export function namesAgain(frame: Frame, mapping: Mapping): Finding[] {
  const { response, messages, text } = mapping
  const used = [...new Set([...askedColumns(frame, mapping), response, messages, text])].filter(
    (name): name is string => name !== null && frame.has(name),
  )
  // A single word may well be called what it is.
  if (used.length < 2) return []
  const values = used.map((name) => frame.column(name))
  const isAgain = (i: number) => used.every((name, c) => asText(values[c]![i])?.trim() === name.trim())
  const again = Array.from({ length: frame.rows }, (_, i) => i).filter(isAgain)
  const first = again[0]
  if (first === undefined) return []
  const [column, own] = [used[0]!, values[0]!]
  const named = [...new Set(again.map((i) => asText(own[i])!))]
  const only = own.filter((value) => named.includes(asText(value)!)).length === again.length
  return [
    {
      kind: 'names_again',
      severity: 'warning',
      message: `${counted(again.length, 'row holds', 'rows hold')} the names of the columns once more, row ${frame.number(frame.source[first]!)} first.`,
      hint: 'The model would learn to answer one with the other. It happens where files were put one behind the other: leave these rows out.',
      column,
      row: frame.source[first]!,
      count: again.length,
      ...(only
        ? {
            fix: step(leaveOut(again.length), {
              type: 'filter',
              enabled: true,
              column,
              keep: false,
              test: { is: 'equals', values: named },
            }),
          }
        : {}),
    },
  ]
}

/** What a mapping must say instead once a column has another name. */
function followed(mapping: Mapping, from: string, to: string): { mapping?: Partial<Mapping> } {
  const roles = ['prompt', 'response', 'system', 'messages', 'text', 'input'] as const
  const changes: Partial<Mapping> = Object.fromEntries(
    roles.filter((role) => mapping[role] === from).map((role) => [role, to]),
  )
  const template = mapping.template && renameInTemplate(mapping.template, from, to)
  if (template && template !== mapping.template) changes.template = template
  return Object.keys(changes).length === 0 ? {} : { mapping: changes }
}

/** Pairs of a better and a worse answer: the worse one must not be learnt. */
export function preferencePairs(frame: Frame, mapping: Mapping): Finding[] {
  const worse = frame.names.find((name) => REJECTED.test(normalName(name)))
  const better = frame.names.find((name) => CHOSEN.test(normalName(name)))
  if (worse === undefined || better === undefined) return []
  const roles = (['prompt', 'response', 'system', 'messages', 'text', 'input'] as const).filter(
    (role) => mapping[role] === worse,
  )
  const [first = null] = frame.column(better)
  const speakers = typeof first === 'string' && /^\s*Human:/.test(first) && /^Assistant:/m.test(first)
  const turns: Finding['fix'] = {
    kind: 'step',
    label: `Read "${better}" as conversations`,
    step: {
      type: 'split_turns',
      enabled: true,
      column: better,
      to: 'conversation',
      user: ['Human:'],
      assistant: ['Assistant:'],
    },
    mapping: { ...NO_MAPPING, messages: 'conversation' },
  }
  const wrong = roles.length > 0
  return [
    {
      kind: 'preference_pairs',
      severity: wrong ? 'error' : 'note',
      message: wrong
        ? `"${worse}" holds answers that were rejected, and is chosen as ${roles.map((role) => `the ${role}`).join(' and ')}.`
        : `These are preference pairs: "${worse}" holds answers that were rejected, and is not learnt.`,
      hint: wrong
        ? `The model would learn to give them. Choose "${better}".`
        : `Of such pairs only the better answer ("${better}") can be learnt here; training on preferences (DPO) is no part of this studio.`,
      column: worse,
      ...(speakers && !frame.has('conversation') && mapping.messages === null ? { fix: turns } : {}),
    },
  ]
}

/** Answers that were not wanted (KTO): they must not be learnt. */
export function unwantedAnswers(frame: Frame, mapping: Mapping): Finding[] {
  return frame.names.flatMap((name): Finding[] => {
    if (!WANTED.test(normalName(name)) || name === mapping.response || name === mapping.text) return []
    const values = frame.column(name)
    const unwanted = [...values.keys()].filter((i) => isNo(values[i]))
    const first = unwanted[0]
    if (first === undefined || !values.every((value) => isMissing(value) || isNo(value) || isYes(value)))
      return []
    const answer = ['completion', 'response', 'answer', 'output'].find((each) =>
      frame.names.some((other) => normalName(other) === each),
    )
    if (answer === undefined && mapping.response === null && mapping.messages === null) return []
    const learnt = mapping.response !== null || mapping.messages !== null
    return [
      {
        kind: 'preference_pairs',
        severity: 'warning',
        message: `${counted(unwanted.length, 'answer was', 'answers were')} not wanted, by "${name}", row ${frame.number(frame.source[first]!)} first.`,
        hint: learnt
          ? 'The model would learn to give them. Leave these rows out, or leave it so where the column means something else.'
          : 'Leave these rows out before columns are chosen; training on what is not wanted (KTO) is no part of this studio.',
        column: name,
        row: frame.source[first]!,
        count: unwanted.length,
        fix: step(leaveOut(unwanted.length), {
          type: 'filter',
          enabled: true,
          column: name,
          keep: false,
          test: { is: 'equals', values: [...new Set(unwanted.map((i) => asText(values[i])!))] },
        }),
      },
    ]
  })
}

const isNo = (value: unknown) => value === false || /^(?:false|0)$/i.test(String(value))
const isYes = (value: unknown) => value === true || /^(?:true|1)$/i.test(String(value))

/** Columns of choices, one each, that the question is put without. */
export function optionsAside(frame: Frame, mapping: Mapping): Finding[] {
  const { prompt, response, template = null } = mapping
  if (prompt === null || response === null || template !== null || !frame.has(response)) return []
  const used = [...askedColumns(frame, mapping), response, mapping.system]
  const found = frame.names.flatMap((name) => {
    const letter = OPTION.exec(normalName(name))?.[1]
    return letter === undefined || used.includes(name) || /[{}]/.test(name) ? [] : [{ name, letter }]
  })
  const answers = new Set(frame.column(response).map((value) => asText(value)?.trim().toLowerCase()))
  const letters = new Set(found.map(({ letter }) => letter))
  const named = [...answers].filter((answer) => answer !== undefined && letters.has(answer)).length
  if (found.length < 2 || letters.size < found.length || named === 0 || named * 2 < answers.size) return []
  const listed = found.map(({ name }) => `"${name}"`).join(', ')
  const lines = found.map(({ name, letter }) => `${letter.toUpperCase()}. {${name}}`)
  return [
    {
      kind: 'left_aside',
      severity: 'warning',
      message: `The choices in ${listed} are left aside: the model will not see what "${response}" is chosen from.`,
      hint: 'It would learn to answer with a letter without knowing what it stands for. Put them into the question.',
      column: found[0]!.name,
      fix: {
        kind: 'mapping',
        label: 'Put the choices into the question',
        mapping: { template: [`{${prompt}}`, '', ...lines].join('\n'), input: null },
      },
    },
  ]
}

/** Columns that conversations may depend on, and that the model will not see. */
export function leftAside(frame: Frame, mapping: Mapping, tools = false): Finding[] {
  if (mapping.messages === null && mapping.response === null) return answerAside(frame, mapping)
  const used = [...askedColumns(frame, mapping), mapping.response, mapping.system]
  return frame.names.flatMap((name): Finding[] => {
    const plain = normalName(name)
    const isSystem = mapping.system === null && mapping.text === null && NAMES.system.includes(plain)
    if (used.includes(name) || !(isSystem || BESIDE.includes(plain))) return []
    if (tools && mapping.messages !== null && isToolsColumn(name)) return []
    const filled = frame.column(name).flatMap((value, i) => (isEmpty(value) ? [] : [i]))
    if (filled.length === 0) return []
    return [
      {
        kind: 'left_aside',
        severity: 'warning',
        message: `Column "${name}" is left aside: ${counted(filled.length, 'row has', 'rows have')} something in it that the model will not see.`,
        hint: isSystem
          ? 'Choose it as the system text, or leave it so.'
          : 'Answers that depend on it are learnt without it. Put it into the prompt or the conversation, or leave these rows out.',
        column: name,
        row: frame.source[filled[0]!]!,
        count: filled.length,
        ...(isSystem
          ? { fix: { kind: 'mapping', label: `Use "${name}" as the system text`, mapping: { system: name } } }
          : {}),
      },
    ]
  })
}

/** A column of answers beside text that is learnt alone, as where a label is a list. */
function answerAside(frame: Frame, { text }: Mapping): Finding[] {
  if (text === null || NAMES.response.includes(normalName(text))) return []
  const name = frame.names.find((each) => each !== text && NAMES.response.includes(normalName(each)))
  const filled =
    name === undefined ? [] : frame.column(name).flatMap((value, i) => (isEmpty(value) ? [] : [i]))
  if (name === undefined || filled.length === 0) return []
  return [
    {
      kind: 'left_aside',
      severity: 'note',
      message: `Column "${name}" is left aside: ${counted(filled.length, 'row has', 'rows have')} something in it that the model will not see.`,
      hint: `If it is what is to be answered, choose it as the response, and "${text}" as the prompt.`,
      column: name,
      row: frame.source[filled[0]!]!,
      count: filled.length,
      fix: {
        kind: 'mapping',
        label: `Learn "${name}" as the answer`,
        mapping: { prompt: text, response: name, text: null },
      },
    },
  ]
}

function isEmpty(value: unknown): boolean {
  return isMissing(value) || value === '[]' || (Array.isArray(value) && value.length === 0)
}

/** What JavaScript calls its types, for people. */
const KINDS: Record<string, string> = {
  string: 'text',
  number: 'numbers',
  bigint: 'numbers',
  boolean: 'yes or no',
  list: 'lists',
  object: 'nested values',
}

/** Columns of nothing, and columns whose values are of several kinds. */
export function oddColumns(frame: Frame, mapping: Mapping): Finding[] {
  return frame.names.flatMap((name): Finding[] => {
    const kinds = new Map<string, { count: number; row: number }>()
    for (const [i, value] of frame.column(name).entries()) {
      if (isMissing(value)) continue
      const kind = Array.isArray(value) ? 'list' : typeof value
      const known = kinds.get(kind)
      if (known) known.count++
      else kinds.set(kind, { count: 1, row: frame.source[i]! })
    }
    if (kinds.size === 0)
      return frame.rows === 0 || mapping.response === name || mapping.prompt === name
        ? []
        : [
            {
              kind: 'empty_column',
              severity: 'note',
              message: `Column "${name}" holds nothing.`,
              hint: 'It is left aside.',
              column: name,
            },
          ]
    if (kinds.size === 1) return []
    const [[main], [odd, { count, row }]] = [...kinds].sort(([, a], [, b]) => b.count - a.count) as [
      [string, unknown],
      [string, { count: number; row: number }],
    ]
    return [
      {
        kind: 'mixed_types',
        severity: 'note',
        message: `Column "${name}" holds ${KINDS[main] ?? main}, and in ${counted(count, 'row', 'rows')} ${KINDS[odd] ?? odd}, row ${frame.number(row)} first.`,
        hint: 'All are taken as text; lists and nested values as JSON. Check whether that is meant.',
        column: name,
        row,
        count,
      },
    ]
  })
}

const THOUSANDS = /^[+-]?[$€£]?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?$/
const FIGURE = /^[+-]?[$€£¥]?\s?\d+(?:[.,]\d+)?\s?[%€$]?$/

/** Text that is a number in disguise: thousands separators, currency signs, percentages. */
export function numberText(frame: Frame): Finding[] {
  return frame.names.flatMap((name): Finding[] => {
    let [seen, figures, dressed, first, example] = [0, 0, 0, -1, '']
    for (const [i, value] of frame.column(name).entries()) {
      if (typeof value !== 'string' || value.trim() === '') {
        if (!isMissing(value)) return []
        continue
      }
      const text = value.trim()
      seen++
      const thousands = THOUSANDS.test(text)
      if (thousands || FIGURE.test(text)) figures++
      else if (seen > LOOKED_AT && figures < 0.5 * seen) return []
      if (thousands || (/[$€£¥%]/.test(text) && FIGURE.test(text))) {
        if (dressed++ === 0) [first, example] = [i, text]
      }
    }
    if (dressed === 0 || figures < 0.9 * seen) return []
    return [
      {
        kind: 'number_text',
        severity: 'note',
        message: `Column "${name}" holds numbers written as text: "${example}", row ${frame.number(frame.source[first]!)}.`,
        hint: 'They are learnt as they are written, and cannot be rounded or put in buckets. Take separators and signs out where that matters.',
        column: name,
        row: frame.source[first]!,
        count: dressed,
        fix: step('Leave the digits', {
          type: 'replace',
          enabled: true,
          columns: [name],
          find: '[$€£¥%]|,(?=\\d{3})|^\\s+|\\s+$',
          with: '',
          mode: 'regex',
          ignore_case: false,
        }),
      },
    ]
  })
}
