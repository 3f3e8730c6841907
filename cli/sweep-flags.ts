import { fail } from '../src/protocol/errors.ts'
import type { RankMetric } from '../src/protocol/studio.ts'
import type { QueueWish } from '../src/runs/queue-plan.ts'
import { metricsFor } from '../src/runs/ranking.ts'
import { parseSweep, readSeeds } from '../src/runs/sweep.ts'
import type { Flags, FlagType } from './args.ts'

/** What runs can be ranked by. */
export const RANKED_BY = metricsFor([])

export const SWEEP_SPEC = {
  sweep: 'paths',
  seeds: 'list',
  learning_curve: 'switch',
  rank_by: 'text',
} as const satisfies Record<string, FlagType>

type SweepFlags = Flags<typeof SWEEP_SPEC>

/** Null: one run is meant. @throws LapidaryError `bad_config` */
export function sweepOf(flags: SweepFlags): Omit<QueueWish, 'name'> | null {
  const { sweep = [], seeds, learning_curve: curve = false } = flags
  const metric = flags.rank_by ?? null
  if (metric !== null && !RANKED_BY.some((name) => name === metric))
    fail('bad_config', `Runs cannot be ranked by "${metric}".`, `Choose from: ${RANKED_BY.join(', ')}.`, {
      flag: '--rank-by',
    })
  if (sweep.length === 0 && seeds === undefined && !curve) {
    if (flags.rank_by !== undefined)
      fail(
        'bad_config',
        '--rank-by goes with --sweep, --seeds or --learning-curve only.',
        'Add one of them.',
        {
          flag: '--rank-by',
        },
      )
    return null
  }
  if (curve && sweep.length > 0)
    fail('bad_config', '--learning-curve does not go with --sweep.', 'Leave one of the two out.', {
      flag: '--learning-curve',
    })
  return {
    kind: curve ? 'learning_curve' : 'sweep',
    metric: metric as RankMetric | null,
    fields: sweep.map(parseSweep),
    seeds: readSeeds(seeds ?? []),
  }
}
