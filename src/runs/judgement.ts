import type { RunConfig } from '../protocol/run-config.ts'
import type { CheckpointInfo } from '../protocol/studio.ts'
import { CLIMBED, type Losses, lossAtFirst } from './diverging.ts'

/**
 * What a run's curves and answers say of it, in a word that a sentence can be made of. A loss on held-out rows says how well
 * *other* rows are known: where rows are facts, none can be known from another, and a run that has learnt every answer looks worse on
 * it than one that has learnt nothing. So it is never judged by that alone.
 */

export interface Curves extends Losses {
  /** Whether examples lost their end. */
  cut?: boolean
  /** Whether all rows held out have one answer, and others are learnt. */
  oneLabel?: boolean
}

export interface Judgement {
  /**
   * diverged: the rows that it learns from are known less well than before. lost: its last step had no finite loss. better: known rows and unknown ones are known better. by_heart: what it is trained on is learnt, what it is not is known less
   * well than at its best step. no_change: neither has moved. worse: both have got worse. unknown: nothing was held out. once: its loss
   * was measured a single time. cut: better, but measured on answers that lost their end, of which no loss says how well they are known. one_label: whatever the loss on rows
   * that have one answer did, it shows nothing of the others.
   */
  kind:
    | 'better'
    | 'cut'
    | 'one_label'
    | 'by_heart'
    | 'no_change'
    | 'worse'
    | 'unknown'
    | 'once'
    | 'diverged'
    | 'lost'
  /** The evaluation with the lowest loss. */
  best: { step: number; loss: number } | null
  first: number
  last: number
  /** Steps of the first and the last evaluation. */
  steps: { first: number; last: number }
  /** Means over the first and the last steps; the first never above what it began with. */
  train: { first: number; last: number } | null
}

/** A change of a loss by less than this share may be chance. */
const MARGIN = 0.02
/** Share of its first loss below which rows are learnt: a run whose rate is too high learns which words are frequent, and no row. */
const LEARNT = 0.8
/** Steps that the two means of the training loss are taken over, at most. */
const STEPS = 10

export function judge({ trainLoss, evalSteps, evalLoss, cut = false, oneLabel = false }: Curves): Judgement {
  const losses = Array.from(trainLoss).filter(Number.isFinite)
  const few = Math.min(STEPS, Math.floor(losses.length / 2))
  const began = lossAtFirst({ trainLoss, evalSteps, evalLoss })
  const train =
    few === 0 ? null : { first: Math.min(began, mean(losses.slice(0, few))), last: mean(losses.slice(-few)) }
  const evals = Array.from(evalLoss, (loss, i) => ({ step: evalSteps[i]!, loss })).filter(({ loss }) =>
    Number.isFinite(loss),
  )
  const [first, last] = [evals[0]?.loss ?? Number.NaN, evals.at(-1)?.loss ?? Number.NaN]
  const best = evals.reduce<Judgement['best']>((a, b) => (a && a.loss <= b.loss ? a : b), null)
  const steps = { first: evals[0]?.step ?? Number.NaN, last: evals.at(-1)?.step ?? Number.NaN }
  const known = { best, first, last, steps, train }
  const lost = trainLoss.length > 0 && !Number.isFinite(trainLoss[trainLoss.length - 1])
  if (lost) return { ...known, kind: 'lost' }
  if (train && train.last > CLIMBED * began) return { ...known, kind: 'diverged' }
  if (!best) return { ...known, kind: 'unknown' }
  if (evals.length < 2) return { ...known, kind: 'once' }
  if (oneLabel) return { ...known, kind: 'one_label' }
  const fell = train !== null && train.last < train.first * LEARNT
  const rose = last > best.loss * (1 + MARGIN)
  if (fell && rose) return { ...known, kind: 'by_heart' }
  if (last < first * (1 - MARGIN)) return { ...known, kind: cut ? 'cut' : 'better' }
  if (last > first * (1 + MARGIN)) return { ...known, kind: 'worse' }
  return { ...known, kind: 'no_change' }
}

/** Of a run's samples: what was answered at each step, and what the data says. */
export interface Answered {
  reference?: string
  split?: string
  tuned: readonly { step: number; text: string }[]
}

/**
 * Which of two checkpoints is offered first, and why: that with the lowest loss on held-out rows, or the newest. Never by that loss alone:
 * a run that learns facts answers more questions right while it rises.
 */
export function offered(
  best: Pick<CheckpointInfo, 'step' | 'evalLoss'>,
  last: Pick<CheckpointInfo, 'step' | 'evalLoss'>,
  samples: readonly Answered[],
  metric: RunConfig['training']['metric_for_best_model'] = 'eval_loss',
): { which: 'best' | 'last'; why: NonNullable<CheckpointInfo['offered']> } {
  // Whoever names a figure has chosen by it.
  if (metric !== 'eval_loss') return { which: 'best', why: 'metric' }
  const rose =
    best.evalLoss !== null && last.evalLoss !== null && last.evalLoss > best.evalLoss * (1 + MARGIN)
  if (!rose) return { which: 'last', why: 'near' }
  const rightAt = (step: number) => {
    const answers = samples.flatMap(({ tuned, ...sample }) => {
      const answer = tuned.findLast((one) => one.step <= step)
      return answer ? [{ ...sample, answer: answer.text }] : []
    })
    const { learnt, heldOut } = tally(answers)
    return learnt.right + heldOut.right
  }
  return rightAt(last.step) > rightAt(best.step)
    ? { which: 'last', why: 'answers' }
    : { which: 'best', why: 'rose' }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Whether an answer is what the data says, white space and case of letters aside. */
export function isAsTheDataSays(answer: string, reference: string): boolean {
  const plain = (text: string) => text.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase()
  return plain(answer) === plain(reference)
}

/** Of how many questions with a known answer the last answer is that one: of rows that are learnt, and of rows that are not. */
export function tally(
  samples: readonly { reference?: string; split?: string; answer: string }[],
): Record<'learnt' | 'heldOut', { right: number; of: number }> {
  const found = { learnt: { right: 0, of: 0 }, heldOut: { right: 0, of: 0 } }
  for (const { reference, split, answer } of samples) {
    if (reference === undefined || split === undefined) continue
    const part = split === 'train' ? found.learnt : found.heldOut
    part.of++
    if (isAsTheDataSays(answer, reference)) part.right++
  }
  return found
}
