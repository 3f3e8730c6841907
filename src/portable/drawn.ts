import { uniform } from '../lib/threefry.ts'
import { tensorTable } from '../model/tensors.ts'
import { LAYER_NORMS, type LayerConfig, type ModelConfig, type ModelSource } from '../protocol/model.ts'

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

/** Numbers drawn one after the other. */
export class Draw {
  readonly #seed: number
  #count = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Whether an event of this probability happens. */
  chance(probability: number): boolean {
    return uniform(this.#seed, 0, 0, this.#count++) < probability
  }

  one<T>(of: readonly T[]): T {
    return of[Math.floor(uniform(this.#seed, 0, 0, this.#count++) * of.length)]!
  }

  /** A whole number of these, both included. */
  whole(from: number, to: number): number {
    return from + Math.floor(uniform(this.#seed, 0, 0, this.#count++) * (to - from + 1))
  }
}

/** Layers that differ in all that layers may differ in. */
export function drawnLayers(draw: Draw, count: number, numHeads: number): LayerConfig[] {
  const layers: LayerConfig[] = []
  for (let layer = 0; layer < count; layer++) {
    const own: LayerConfig = {
      window: draw.chance(0.5) ? draw.whole(1, 14) : null,
      rope: {
        theta: draw.one([10_000, 1_000_000]),
        factor: draw.one([1, 8]),
        rotated: draw.one([1, 0.5, 0.25]),
      },
      headDim: draw.one([64, 128, 192]),
      kvHeads: draw.one([1, 2, 4].filter((heads) => numHeads % heads === 0)),
      intermediateSize: 4 * draw.whole(5, 30),
      norms: LAYER_NORMS.filter(() => draw.chance(0.8)),
      keysFrom: layer,
      perLayerInput: null,
    }
    const others = layers.flatMap(({ keysFrom }, i) => (keysFrom === i ? [i] : []))
    if (others.length > 0 && draw.chance(0.4)) {
      own.keysFrom = draw.one(others)
      const { headDim, kvHeads } = layers[own.keysFrom]!
      Object.assign(own, { headDim, kvHeads })
    }
    layers.push(own)
  }
  return layers
}
