import { callAgreement, chrf, exactMatch, jsonAgreement, rougeL } from '../metrics/index.ts'
import type { FigureName, JudgedRow, TaskKind } from '../protocol/rooms/evaluations.ts'

/** How an answer that was written stands to the reference. */
export interface Marked {
  right: boolean
  /** 0..1, for what is worst. */
  score: number
  /** By figure, 0..1 or 0..100: the figure of several rows is their mean. */
  parts: Partial<Record<FigureName, number>>
}

/** An answer in words held against its reference; of plain text, where nothing is asked, null. */
export function mark(kind: TaskKind, { reference, answer }: JudgedRow): Marked | null {
  const given = answer ?? ''
  const share = (is: boolean) => (is ? 1 : 0)
  if (kind === 'plain') return null
  if (kind === 'json') {
    const { valid, equal, fields } = jsonAgreement(reference, given)
    const alike = fields.filter(({ state }) => state === 'equal').length
    const part = !valid ? 0 : fields.length === 0 ? share(equal) : alike / fields.length
    return { right: equal, score: part, parts: { valid_json: share(valid), equal_fields: part } }
  }
  if (kind === 'calls') {
    const { name, arguments: same } = callAgreement(reference, given)
    return {
      right: name && same,
      score: (share(name) + share(same)) / 2,
      parts: { call_name: share(name), call_arguments: share(same) },
    }
  }
  const right = exactMatch(reference, given)
  const characters = chrf(reference, given)
  return {
    right,
    score: right ? 1 : Math.min(characters / 100, 1),
    parts: { chrf: characters, rouge_l: rougeL(reference, given) },
  }
}

/** Figures of a kind of answer that are means over rows, in the order they are shown. */
export const PARTS: Record<Exclude<TaskKind, 'labels' | 'plain'>, FigureName[]> = {
  json: ['valid_json', 'equal_fields'],
  calls: ['call_name', 'call_arguments'],
  text: ['chrf', 'rouge_l'],
}
