import { counted } from '../../lib/counted.ts'
import type { Finding } from '../../protocol/preparation.ts'
import type { Mapping } from '../../protocol/recipe.ts'
import { deduplicating, type Examples, step } from './examples.ts'

type Key = string | number

/**
 * Rows said twice, and the same question with another answer, compared without white space around. Examples may be added a
 * part at a time, and of each no more kept than its key.
 */
export class Repeats {
  readonly #key: (text: string) => Key
  /** The first answer to each question. */
  readonly #answers = new Map<Key, Key>()
  /** All answers to questions that have several. */
  readonly #several = new Map<Key, Set<Key>>()
  #same = { count: 0, first: -1 }
  #clashes = { count: 0, first: -1 }
  #shape: Pick<Examples, 'columns' | 'number'> = { columns: [], number: String }

  /** @param key tells texts apart; by default the text itself */
  constructor(key: (text: string) => Key = (text) => text) {
    this.#key = key
  }

  add(examples: Examples): this {
    this.#shape = { columns: examples.columns, number: examples.number }
    for (const [i, row] of examples.rows.entries()) {
      const [question, answer] = [this.#key(examples.asked[i]!), this.#key(examples.answers[i]!)]
      const known = this.#answers.get(question)
      const several = this.#several.get(question)
      if (known === undefined) this.#answers.set(question, answer)
      else if (known === answer || several?.has(answer)) count(this.#same, row)
      else if (several) several.add(answer)
      else {
        this.#several.set(question, new Set([known, answer]))
        count(this.#clashes, row)
      }
    }
    return this
  }

  findings(mapping: Mapping): Finding[] {
    const { count: same, first: firstSame } = this.#same
    const { count: clashes, first: firstClash } = this.#clashes
    const first = mapping.prompt ?? mapping.messages ?? mapping.text
    const { columns, unique } = deduplicating(this.#shape, mapping)
    const findings: Finding[] = []
    if (same > 0)
      findings.push({
        kind: 'duplicate',
        severity: 'warning',
        message: `${counted(same, 'row repeats', 'rows repeat')} an earlier one, row ${this.#shape.number(firstSame)} first.`,
        hint: 'Repeats count more than once, and may be in both training and validation. Remove them unless that is meant.',
        row: firstSame,
        count: same,
        ...(first === null ? {} : { column: first }),
        fix: step('Keep one of each', {
          type: 'deduplicate',
          enabled: true,
          columns,
          match: 'exact',
          keep: 'first',
        }),
      })
    if (clashes > 0)
      findings.push({
        kind: 'contradiction',
        severity: 'warning',
        message: `${counted(clashes, 'question has', 'questions have')} different answers in different rows, row ${this.#shape.number(firstClash)} first.`,
        hint: 'The model can only learn a mixture of them. Keep one answer for each question.',
        row: firstClash,
        count: clashes,
        ...((mapping.response ?? first) === null ? {} : { column: (mapping.response ?? first)! }),
        // Which columns make a question is known only where it stands in them as it is.
        ...(unique.length === 0
          ? {}
          : {
              fix: step('Keep the first answer of each', {
                type: 'deduplicate',
                enabled: true,
                columns: unique,
                match: 'exact',
                keep: 'first',
              }),
            }),
      })
    return findings
  }
}

function count(tally: { count: number; first: number }, row: number): void {
  if (tally.count++ === 0) tally.first = row
}
