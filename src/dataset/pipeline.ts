import type { AugmentConfig, Correction, DataStep, SplitConfig } from '../protocol/data-steps.ts'
import type { Finding, LabelCount, StepReport } from '../protocol/preparation.ts'
import type { Mapping } from '../protocol/recipe.ts'
import type { Conversation, Split } from '../protocol/tokens.ts'
import { augment, type MadeRow } from './augment/index.ts'
import { corrected } from './corrections.ts'
import type { Frame } from './frame.ts'
import { mapFrame, type TextRow } from './rows.ts'
import { splitFrame } from './split.ts'
import { runSteps } from './steps/index.ts'

export interface PipelineOptions {
  steps: readonly DataStep[]
  mapping: Mapping
  split: SplitConfig | null
  validationShare: number
  /** Answers put right by hand, and how many rows the data set has. */
  corrections?: { list: readonly Correction[]; rows: number }
  augment: AugmentConfig | null
  /** Examples that a model wrote. */
  synthetic?: readonly Conversation[]
  seed: number
  /** Whether functions and calls of them are understood. */
  tools?: boolean
  /** Rows of the frame as a share of the data set's. */
  share?: number
  signal?: AbortSignal
}

export type ExampleRow = Conversation | TextRow | MadeRow

export interface PipelineResult {
  /** Examples as text, by split; made ones behind the others, in training only. */
  rows: Record<Split, ExampleRow[]>
  findings: Finding[]
  steps: StepReport[]
  /** Null where answers are not labels. */
  labels: LabelCount[] | null
}

/**
 * The road from rows to examples, all but tokenisation: steps, mapping, split, augmentation. The same rows and options
 * give the same examples.
 * @throws LapidaryError where a step, the mapping or the split cannot be done, or leaves nothing
 */
export async function runPipeline(frame: Frame, options: PipelineOptions): Promise<PipelineResult> {
  const { seed, share = 1, signal, validationShare } = options
  const stepped = await runSteps(frame, options.steps, { seed, share, ...(signal ? { signal } : {}) })
  const mapped = mapFrame(stepped.frame, options.mapping, options.tools)
  signal?.throwIfAborted()
  const split = splitFrame(stepped.frame, mapped.at, { config: options.split, validationShare, seed })
  const parted: PipelineResult['rows'] = { train: [], validation: [], test: [] }
  for (const [i, row] of mapped.rows.entries()) parted[split.parts[i]!].push(row)
  const right = corrected(parted, options.corrections?.list ?? [], options.corrections?.rows ?? 0)
  const rows: PipelineResult['rows'] = { ...right.rows }
  const labels = labelCounts(rows)
  const findings = [
    ...stepped.reports.flatMap((report) => report.findings),
    ...mapped.findings,
    ...split.findings,
    ...right.findings,
  ]
  if (options.augment) {
    const made = await augment(rows.train, options.augment, seed, {
      held: [...rows.validation, ...rows.test],
      ...(options.synthetic ? { synthetic: options.synthetic } : {}),
      ...(signal ? { signal } : {}),
    })
    rows.train = [...rows.train, ...made.made]
    findings.push(...made.findings)
  }
  return { rows, findings, steps: stepped.reports, labels }
}

/** More different answers than this are no classes. */
const MAX_LABELS = 100
const MAX_LABEL_LENGTH = 80

/** How often each answer occurs, where there are few of them and each is short and comes again. */
export function labelCounts(rows: Record<Split, readonly ExampleRow[]>): LabelCount[] | null {
  const counts = new Map<string, Record<Split, number>>()
  let total = 0
  for (const split of ['train', 'validation', 'test'] as const)
    for (const row of rows[split]) {
      const answer = 'messages' in row ? row.messages.at(-1) : null
      if (answer?.role !== 'assistant' || answer.calls || answer.content.length > MAX_LABEL_LENGTH)
        return null
      const count = counts.get(answer.content) ?? { train: 0, validation: 0, test: 0 }
      count[split]++
      total++
      counts.set(answer.content, count)
      if (counts.size > MAX_LABELS) return null
    }
  if (total === 0 || counts.size * 2 > total) return null
  const sum = ({ train, validation, test }: Record<Split, number>) => train + validation + test
  return [...counts].map(([label, count]) => ({ label, count })).sort((a, b) => sum(b.count) - sum(a.count))
}
