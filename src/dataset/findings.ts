import type { Table } from 'apache-arrow'
import type { Finding, Mapping } from '../protocol/preparation.ts'
import { Frame } from './frame.ts'
import { fewRows, missingValues, readExamples, repeats } from './inspect/examples.ts'

/**
 * What a person should know at once of the data under this mapping: the part of `inspectFrame` that is quick. Rows in
 * `row` are 0-based, in messages 1-based.
 */
export function findIssues(table: Table, mapping: Mapping): Finding[] {
  const frame = Frame.of(table)
  const examples = readExamples(frame, mapping)
  return [
    ...fewRows(frame.rows),
    ...missingValues(frame, mapping),
    ...(examples ? repeats(examples, mapping) : []),
  ]
}
