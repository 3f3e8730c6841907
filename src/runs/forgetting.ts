import type { EvaluationReport, Figure } from '../protocol/rooms/evaluations.ts'

export interface Forgetting {
  /**
   * Whether good answers to everyday questions are less likely to it than to its base model, likelier, or neither beyond chance; `answers`
   * where they are no less likely, but what it answers is further from them.
   */
  kind: 'less' | 'answers' | 'alike' | 'likelier'
  /** Perplexity of the references; of `answers` their chrF. */
  judged: number
  base: number
}

/** What a run has forgotten of what its base model knew; null where the report is not of the set of everyday questions, or of one side only. */
export function forgetting({
  evaluation,
  sides,
}: Pick<EvaluationReport, 'evaluation' | 'sides'>): Forgetting | null {
  if (evaluation.data.benchmark !== 'general') return null
  const find = (name: 'judged' | 'base', figure: 'perplexity' | 'chrf'): Figure | undefined =>
    sides.find((side) => side.name === name)?.figures.find((one) => one.name === figure)
  const [judged, base] = [find('judged', 'perplexity'), find('base', 'perplexity')]
  if (!judged || !base) return null
  if (judged.low > base.high) return { kind: 'less', judged: judged.value, base: base.value }
  const [answers, before] = [find('judged', 'chrf'), find('base', 'chrf')]
  if (answers && before && answers.high < before.low)
    return { kind: 'answers', judged: answers.value, base: before.value }
  return { kind: judged.high < base.low ? 'likelier' : 'alike', judged: judged.value, base: base.value }
}
