import type { Table } from 'apache-arrow'
import { columnReader } from '../files/table.ts'
import type { Finding, Mapping } from '../protocol/studio.ts'
import { asText } from './values.ts'

/** Fewer rows than this teach little that holds up elsewhere. */
const FEW_ROWS = 20

/** What a person should know of the data under this mapping. Rows in `row` are 0-based, in messages 1-based. */
export function findIssues(table: Table, mapping: Mapping): Finding[] {
  const findings: Finding[] = []
  if (table.numRows < FEW_ROWS)
    findings.push({
      severity: 'note',
      message: `There are only ${table.numRows} rows.`,
      hint: 'Enough to try things out. A few hundred varied rows teach a model something lasting.',
    })
  for (const role of ['prompt', 'response', 'messages', 'text'] as const)
    if (mapping[role] !== null) findings.push(...missing(table, mapping[role], role))
  if (mapping.prompt !== null && mapping.response !== null)
    findings.push(...repeats(table, mapping.prompt, mapping.response))
  else if (mapping.text !== null) findings.push(...repeats(table, mapping.text, null))
  else if (mapping.messages !== null) findings.push(...repeats(table, mapping.messages, null))
  return findings
}

function missing(table: Table, column: string, role: string): Finding[] {
  const read = columnReader(table, column)
  if (!read) return []
  let [count, first] = [0, -1]
  for (let row = 0; row < table.numRows; row++)
    if (asText(read(row)) === null) {
      if (count === 0) first = row
      count++
    }
  if (count === 0) return []
  const rows = count === 1 ? '1 row has' : `${count} rows have`
  return [
    {
      severity: count === table.numRows ? 'error' : 'warning',
      message: `${rows} nothing in "${column}" (the ${role}), row ${first + 1} first.`,
      hint:
        count === table.numRows
          ? 'Choose another column.'
          : 'Such rows are left out. Fill them in, or leave it so.',
      row: first,
      column,
    },
  ]
}

/** Rows said twice, and the same question with another answer. Compared without white space around. */
function repeats(table: Table, asked: string, answered: string | null): Finding[] {
  const ask = columnReader(table, asked)
  const answer = answered === null ? null : columnReader(table, answered)
  if (!ask) return []
  const seen = new Map<string, { answer: string; clashed: boolean; answers: Set<string> | null }>()
  let [same, firstSame, clashes, firstClash] = [0, -1, 0, -1]
  for (let row = 0; row < table.numRows; row++) {
    const question = asText(ask(row))?.trim()
    const reply = answer ? asText(answer(row))?.trim() : ''
    if (question === undefined || reply === undefined) continue
    const known = seen.get(question)
    if (!known) {
      seen.set(question, { answer: reply, clashed: false, answers: null })
      continue
    }
    if (known.answer === reply || known.answers?.has(reply)) {
      if (same++ === 0) firstSame = row
      continue
    }
    known.answers ??= new Set([known.answer])
    known.answers.add(reply)
    if (!known.clashed && clashes++ === 0) firstClash = row
    known.clashed = true
  }
  const findings: Finding[] = []
  if (same > 0)
    findings.push({
      severity: 'warning',
      message: `${same === 1 ? '1 row repeats' : `${same} rows repeat`} an earlier one, row ${firstSame + 1} first.`,
      hint: 'Repeats count more than once, and may be in both training and validation. Remove them unless that is meant.',
      row: firstSame,
      column: asked,
    })
  if (clashes > 0)
    findings.push({
      severity: 'warning',
      message: `${clashes === 1 ? '1 question has' : `${clashes} questions have`} different answers in different rows, row ${firstClash + 1} first.`,
      hint: 'The model can only learn a mixture of them. Keep one answer for each question.',
      row: firstClash,
      column: answered ?? asked,
    })
  return findings
}
