import { breathe } from '../../lib/breath.ts'
import type { DataStep, StepOf, StepType } from '../../protocol/data-steps.ts'
import { LapidaryError } from '../../protocol/errors.ts'
import type { StepReport } from '../../protocol/preparation.ts'
import type { Frame } from '../frame.ts'
import { deduplicate } from './deduplicate.ts'
import { dropMissing, dropRows, filter } from './filter.ts'
import { buckets, round, scale } from './numbers.ts'
import { replace } from './replace.ts'
import { fillMissing, joinColumns, mergeTurns, renameColumn, splitTurns, wideToLong } from './reshape.ts'
import { balance, limit, sample } from './sample.ts'
import type { StepContext, StepResult } from './step.ts'
import { changeCase, controlCharacters, normalizeUnicode, repairText, whitespace } from './text.ts'

export interface StepsOptions {
  seed: number
  /** Rows of the frame as a share of the data set's. */
  share?: number
  signal?: AbortSignal
}

/**
 * Runs the steps in order. The same rows, steps and seed give the same rows, in any engine.
 * @throws LapidaryError naming the step, where a column is missing, a pattern is bad or no row is left
 */
export async function runSteps(
  frame: Frame,
  steps: readonly DataStep[],
  { seed, share = 1, signal }: StepsOptions,
): Promise<{ frame: Frame; reports: StepReport[] }> {
  const reports: StepReport[] = []
  let rows = frame
  for (const [index, step] of steps.entries()) {
    if (!step.enabled) continue
    // A worker must come up for air to hear of a stop.
    await breathe()
    signal?.throwIfAborted()
    const context: StepContext = { seed, index, share, ...(signal ? { signal } : {}) }
    const result = named(step, index, () => run(rows, step, context))
    reports.push({
      index,
      rowsIn: rows.rows,
      rowsOut: result.frame.rows,
      changed: result.changed ?? 0,
      dropped: result.dropped ?? 0,
      added: result.added ?? 0,
      samples: result.samples ?? [],
      findings: result.findings ?? [],
    })
    rows = result.frame
  }
  return { frame: rows, reports }
}

const FAMILIES: {
  [Type in StepType]: (frame: Frame, step: StepOf<Type>, context: StepContext) => StepResult
} = {
  normalize_unicode: normalizeUnicode,
  whitespace,
  case: changeCase,
  control_characters: controlCharacters,
  repair_encoding: repairText,
  replace,
  round,
  scale,
  buckets,
  wide_to_long: wideToLong,
  join_columns: joinColumns,
  split_turns: splitTurns,
  merge_turns: mergeTurns,
  rename_column: renameColumn,
  fill_missing: fillMissing,
  filter,
  drop_missing: dropMissing,
  deduplicate,
  sample,
  limit,
  balance,
  drop_rows: dropRows,
}

function run<Type extends StepType>(frame: Frame, step: StepOf<Type>, context: StepContext): StepResult {
  return FAMILIES[step.type as Type](frame, step, context)
}

/** A failing step says which it is: its place as people count, and its type. */
function named<T>(step: DataStep, index: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof LapidaryError)) throw error
    const failure = error.toFailure()
    throw new LapidaryError({
      ...failure,
      message: `Step ${index + 1} (${step.type}): ${failure.message}`,
      detail: { ...failure.detail, step: index },
    })
  }
}
