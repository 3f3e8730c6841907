import { uniform } from '../lib/threefry.ts'
import { tensorTable } from '../model/tensors.ts'
import type { ModelConfig, ModelSource } from '../protocol/model.ts'

/** A model whose f32 weights are drawn by Threefry, for engines to be compared on. */
export function drawnModel(config: ModelConfig): ModelSource {
  const tensors = new Map(
    tensorTable(config).map(({ name, shape }) => [name, { dtype: 'F32' as const, shape: [...shape] }]),
  )
  const names = [...tensors.keys()]
  return {
    config,
    weights: {
      tensors,
      async read(name, start, end) {
        const { shape } = tensors.get(name)!
        const site = names.indexOf(name)
        // Norms near 1, embeddings and matrices at the size that keeps activations near 1.
        const scale = shape.length === 1 ? 0.2 : name.includes('embed') ? 0.8 : 1.7 / Math.sqrt(shape[1]!)
        const values = Float32Array.from(
          { length: shape.reduce((a, b) => a * b, 1) },
          (_, i) => (2 * uniform(1, 0, site, i) - 1) * scale,
        )
        return new Uint8Array(values.buffer).subarray(start, end)
      },
    },
  }
}
