import { ropeTable } from '../lib/rope.ts'
import type { LayerConfig, ModelConfig } from '../protocol/model.ts'

/** Layers with the same of these turn their queries and keys by one table. */
export type RopeShape = Pick<LayerConfig, 'rope' | 'headDim'>

export const ropeKey = ({ rope: { theta, factor, rotated }, headDim }: RopeShape) =>
  `${theta}/${factor}/${rotated} x ${headDim}`

/** The different tables that a model's layers need, by `ropeKey`. */
export function ropesOf(config: ModelConfig): Map<string, RopeShape> {
  return new Map(config.layers.map(({ rope, headDim }) => [ropeKey({ rope, headDim }), { rope, headDim }]))
}

/** Values of a table, [positions, headDim / 2, 2]. */
export function ropeValues({ rope, headDim }: RopeShape, positions: number): Float32Array<ArrayBuffer> {
  return ropeTable(positions, headDim, rope.theta, rope.factor, rope.rotated)
}
