import type { WeightType } from '../protocol/model.ts'

/** How far log-probabilities of a format's library may be from those that the studio found, in nats a token, and why. */

export const EXACT = 'weights in float32, and sums in an order of its own'
export const LLAMA = 'llama.cpp takes GELU from a table in float16, and may keep keys and values in float16'

/** Of weights that are rounded once more when a model is written whole: more than a real Gemma 3 270M showed (docs/verified.md). */
export const ROUNDED: Record<WeightType, number> = { F32: 0.001, F16: 0.02, BF16: 0.1, Q8_0: 0.5, Q4_0: 4 }

export function roundedTo(type: WeightType, llama = false): { nats: number; reason: string } {
  if (type === 'F32') return llama ? { nats: 0.05, reason: LLAMA } : { nats: ROUNDED.F32, reason: EXACT }
  return { nats: Math.max(ROUNDED[type], llama ? 0.05 : 0), reason: `weights are rounded to ${type}` }
}
