import type { EvaluationReport, Figure } from '../protocol/rooms/evaluations.ts'

export interface Forgetting {
  /** Whether good answers to everyday questions are less likely to it than to its base model, likelier, or neither beyond chance. */
  kind: 'less' | 'alike' | 'likelier'
  /** Perplexity of the references. */
  judged: number
  base: number
}

/** What a run has forgotten of what its base model knew; null where the report is not of the set of everyday questions, or of one side only. */
export function forgetting({
  evaluation,
  sides,
}: Pick<EvaluationReport, 'evaluation' | 'sides'>): Forgetting | null {
  if (evaluation.data.benchmark !== 'general') return null
  const perplexity = (name: 'judged' | 'base'): Figure | undefined =>
    sides.find((side) => side.name === name)?.figures.find((figure) => figure.name === 'perplexity')
  const [judged, base] = [perplexity('judged'), perplexity('base')]
  if (!judged || !base) return null
  const kind = judged.low > base.high ? 'less' : judged.high < base.low ? 'likelier' : 'alike'
  return { kind, judged: judged.value, base: base.value }
}
