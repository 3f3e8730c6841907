/**
 * Sums a micro-batch's figures into the few floats that a step reads back.
 *
 *   results[0] += -sum_n log_probability[n]      results[1] += sum_n hit[n]
 *
 * log_probability, hit f32 [rows]; results f32 [RESULTS], cleared by the caller once a step. One workgroup, fixed order.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { reduceSum } from './reduce.wgsl.ts'

export const RESULTS = 8
/** Places in `results`. */
export const RESULT = { lossSum: 0, hits: 1, squaredNorm: 2, notFinite: 3 } as const

const WORKGROUP = 256

export function sumResults(
  tape: Tape,
  logProbability: Tensor,
  hit: Tensor,
  results: Tensor,
  rows: Dim,
): void {
  tape.run(sumKernel({ rows }), { log_probability: logProbability, hit, results })
}

const sumKernel = specialised(({ rows }: { rows: Dim }): Kernel => {
  const count = typeof rows === 'number' ? `${rows}u` : `step.${rows}`
  return {
    name: 'results.sum',
    bindings: {
      log_probability: { type: 'f32', access: 'read', shape: [rows] },
      hit: { type: 'f32', access: 'read', shape: [rows] },
      results: { type: 'f32', access: 'update', shape: [RESULTS] },
    },
    workgroup: WORKGROUP,
    wgsl: () => `
${reduceSum(WORKGROUP)}
fn kernel(group: vec3<u32>, local: u32) {
  var loss = 0.0;
  var hits = 0.0;
  for (var n = local; n < ${count}; n += ${WORKGROUP}u) {
    loss -= log_probability[n];
    hits += hit[n];
  }
  let losses = reduce_sum(loss, local);
  let all_hits = reduce_sum(hits, local);
  if (local == 0u) {
    results[${RESULT.lossSum}] += losses;
    results[${RESULT.hits}] += all_hits;
  }
}`,
    grid: () => [1, 1, 1],
    cost: (live) => ({ flops: dimOf(rows, live) * 2, bytes: dimOf(rows, live) * 8 }),
  }
})
