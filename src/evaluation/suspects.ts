import type { TaskKind } from '../protocol/rooms/evaluations.ts'
import type { SuspectRow, Suspects } from '../protocol/rooms/views.ts'

/**
 * Rows that look mislabelled, or cannot be learnt, told by the losses of training: Dataset Cartography (Swayamdipta et al. 2020,
 * "Dataset Cartography: Mapping and Diagnosing Datasets with Training Dynamics", EMNLP). A row's confidence is the mean, over passes, of
 * the probability that the model gave to what the data says just before it learnt from it; its variability the standard deviation of
 * that. Rows of low confidence are hard to learn, and "hard-to-learn examples frequently correspond to labeling errors". Area under the
 * margin (Pleiss et al. 2020) ranks the same way by logits; it needs those of the other labels, which a fused loss never holds.
 */

/** What training told of a row in one pass: nats over its supervised tokens. */
export interface RowLoss {
  pass: number
  nats: number
  tokens: number
}

/** The probability that a row has on average from here on is learnt. */
const LEARNT = 0.5
/** The probability that most rows must have for the others to stand out. */
const KNOWN = 0.1
/** Spread of a probability that comes and goes. */
const UNSTEADY = 0.2
/** Rows that are shown. */
const MOST = 50

export interface SuspectInput {
  kind: TaskKind
  losses: ReadonlyMap<number, readonly RowLoss[]>
  /** Rows that were learnt; those of which nothing is known are passed over. */
  rows: readonly { row: number; number: number; question: string; reference: string }[]
}

/**
 * The most suspect first. In the first pass little has been learnt, and what a row cost says when it came: where there are others,
 * that pass does not count.
 */
export function suspectsOf({ kind, losses, rows }: SuspectInput): Suspects {
  // Labels are short and a whole answer each; of texts, long ones would always be the least likely.
  const by = kind === 'labels' ? 'answer' : 'token'
  const passes = new Set([...losses.values()].flatMap((all) => all.map(({ pass }) => pass)))
  const first = Math.min(...passes)
  const firstLeftOut = passes.size > 1
  const seen = new Set<number>()
  const known = rows.flatMap((row): SuspectRow[] => {
    const told = losses.get(row.row)?.filter(({ tokens }) => tokens > 0) ?? []
    const counted = firstLeftOut ? told.filter(({ pass }) => pass > first) : told
    if (counted.length === 0 || seen.has(row.row)) return []
    seen.add(row.row)
    const likely = counted.map(({ nats, tokens }) => Math.exp(-nats / (by === 'answer' ? 1 : tokens)))
    const confidence = mean(likely)
    const variability = Math.sqrt(mean(likely.map((p) => (p - confidence) ** 2)))
    const { number, question, reference } = row
    return [
      {
        ...{ row: row.row, number, question, reference, confidence, variability },
        losses: told.map(({ pass, nats, tokens }) => ({ epoch: pass, loss: nats / tokens })),
        region: confidence >= LEARNT ? 'easy' : variability >= UNSTEADY ? 'ambiguous' : 'hard',
      },
    ]
  })
  const suspect = known
    .filter(({ region }) => region !== 'easy')
    .sort((a, b) => a.confidence - b.confidence || a.variability - b.variability || a.row - b.row)
  const early = known.filter(({ confidence }) => confidence < KNOWN).length > known.length / 2
  const shown = early ? [] : suspect.slice(0, MOST)
  return { by, kind, epochs: passes.size, firstLeftOut, known: known.length, early, rows: shown }
}

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length
