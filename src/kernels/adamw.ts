/**
 * Global gradient norm, finiteness check, clip and AdamW over flat parameter chunks.
 *
 *   squared_norm = sum g^2;  clip = min(1, max_grad_norm / (norm + 1e-6))
 *   p *= 1 - lr * weight_decay
 *   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2          (g clipped)
 *   p -= lr / bias1 * m / (sqrt(v / bias2) + eps)
 *
 * value, gradient, m, v f32 [size] each; m, v and value are updated in place. Where anything is not finite (found by its
 * exponent bits, since compilers may assume there is no NaN) nothing is changed and results says so.
 * Sums run in a fixed order: the same gradients give the same norm, bit for bit.
 * Source: Loshchilov and Hutter 2019 (arXiv 1711.05101); torch.optim.AdamW; torch.nn.utils.clip_grad_norm_.
 */
import type { Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { reduceSum } from './reduce.wgsl.ts'
import { RESULT, RESULTS } from './results.ts'

/** A stretch of parameters with what the optimizer keeps for it; sizes are multiples of 4. */
export interface ParameterChunk {
  size: number
  value: Tensor
  gradient: Tensor
  m: Tensor
  v: Tensor
}

const WORKGROUP = 256
const PARTIALS = 128

/** Writes down the optimizer's dispatches over all chunks. `results[0]` (the loss) takes part in the finiteness check. */
export function adamw(tape: Tape, chunks: readonly ParameterChunk[], results: Tensor): void {
  const partials = chunks.map(({ size, gradient }, i) => {
    const partial = tape.tensor(`norm partials ${i}`, [PARTIALS * 2])
    tape.run(partialNormKernel({ size }), { gradient, partial })
    return partial
  })
  // One after the other: chunk i adds to what chunks before it have left.
  partials.forEach((partial, i) => {
    tape.run(totalNormKernel({ first: i === 0 }), { partial, results })
  })
  for (const { size, value, gradient, m, v } of chunks)
    tape.run(updateKernel({ size }), { gradient, results, value, m, v })
}

const IS_NOT_FINITE = `
fn not_finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u; }`

const partialNormKernel = specialised(({ size }: { size: number }): Kernel => {
  return {
    name: 'adamw.norm_partial',
    bindings: {
      gradient: { type: 'f32', access: 'read', shape: [size] },
      partial: { type: 'f32', access: 'write', shape: [PARTIALS * 2] },
    },
    workgroup: WORKGROUP,
    wgsl: () => `
${reduceSum(WORKGROUP)}
${IS_NOT_FINITE}
fn kernel(group: vec3<u32>, local: u32) {
  var square = 0.0;
  var bad = 0.0;
  for (var i = group.y * ${WORKGROUP}u + local; i < ${size}u; i += ${PARTIALS * WORKGROUP}u) {
    let g = gradient[i];
    if (not_finite(g)) { bad += 1.0; } else { square += g * g; }
  }
  let total = reduce_sum(square, local);
  let bads = reduce_sum(bad, local);
  if (local == 0u) {
    partial[group.y * 2u] = total;
    partial[group.y * 2u + 1u] = bads;
  }
}`,
    grid: () => [1, PARTIALS, 1],
    cost: () => ({ flops: size * 2, bytes: size * 4 }),
  }
})

const totalNormKernel = specialised(({ first }: { first: boolean }): Kernel => {
  return {
    name: 'adamw.norm_total',
    bindings: {
      partial: { type: 'f32', access: 'read', shape: [PARTIALS * 2] },
      results: { type: 'f32', access: 'update', shape: [RESULTS] },
    },
    workgroup: PARTIALS,
    wgsl: () => `
${reduceSum(PARTIALS)}
${IS_NOT_FINITE}
fn kernel(group: vec3<u32>, local: u32) {
  let square = reduce_sum(partial[local * 2u], local);
  let bad = reduce_sum(partial[local * 2u + 1u], local);
  if (local == 0u) {
    let total = results[${RESULT.squaredNorm}] + square;
    results[${RESULT.squaredNorm}] = total;
    var bads = results[${RESULT.notFinite}] + bad;
    if (not_finite(total)) { bads += 1.0; }
    ${first ? `if (not_finite(results[${RESULT.lossSum}])) { bads += 1.0; }` : ''}
    results[${RESULT.notFinite}] = bads;
  }
}`,
    grid: () => [1, 1, 1],
  }
})

const updateKernel = specialised(({ size }: { size: number }): Kernel => {
  const perRow = WORKGROUP * 64
  const shape = [size]
  return {
    name: 'adamw.update',
    bindings: {
      gradient: { type: 'f32', access: 'read', shape },
      results: { type: 'f32', access: 'read', shape: [RESULTS] },
      value: { type: 'f32', access: 'update', shape },
      m: { type: 'f32', access: 'update', shape },
      v: { type: 'f32', access: 'update', shape },
    },
    workgroup: WORKGROUP,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * ${perRow}u + group.x * ${WORKGROUP}u + local;
  if (i >= ${size}u || results[${RESULT.notFinite}] > 0.0) { return; }
  var clip = 1.0;
  if (step.max_grad_norm > 0.0) {
    clip = min(1.0, step.max_grad_norm / (sqrt(results[${RESULT.squaredNorm}]) + 1e-6));
  }
  let g = gradient[i] * clip;
  let first = step.beta1 * m[i] + step.rest1 * g;
  let second = step.beta2 * v[i] + step.rest2 * g * g;
  m[i] = first;
  v[i] = second;
  let decayed = value[i] * (1.0 - step.learning_rate * step.weight_decay);
  value[i] = decayed - step.learning_rate / step.bias1 * first / (sqrt(second / step.bias2) + step.epsilon);
}`,
    grid: () => [64, Math.ceil(size / perRow), 1],
    cost: () => ({ flops: size * 15, bytes: size * 28 }),
  }
})
