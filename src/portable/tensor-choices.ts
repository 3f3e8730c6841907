import * as tf from '@tensorflow/tfjs-core'
import type { ChoicePass, ChoiceTree } from '../model/choices.ts'
import { type AttentionShape, attendMasked, HIDDEN, QUERIES } from './attention.ts'
import { rowsOf, type TreeOptions, type TreeRows } from './choices.ts'
import { Stream } from './forward.ts'
import { attentionShape, type KeysValues, layerForward } from './layer.ts'
import { free, tidy } from './tidy.ts'

/** Keys and values by layer, [rows so far, kvHeads * headDim]; null of a layer that uses another's. */
type Kept = (KeysValues | null)[]

/** Rows of a tree in TensorFlow.js: they attend through a mask that shows each its own path. */
export class TensorTree implements TreeRows {
  readonly #options: TreeOptions
  #kept: Kept = []
  /** Of the rows in `kept`: those after the prompt. */
  #held: readonly number[] = []

  constructor(options: TreeOptions) {
    this.#options = options
  }

  async run(pass: ChoicePass, stay: readonly number[] | null): Promise<Float32Array> {
    const { prompt } = this.#options
    const places = [...this.#held, ...rowsOf(this.#options, pass).rows]
    const made = await layers(this.#options, pass, places, this.#kept)
    free(this.#kept)
    this.#kept = made.kept
    try {
      if (stay) {
        this.#kept = tidy(() => narrowed(made.kept, prompt.length, places, stay))
        this.#held = stay
        free(made.kept)
      }
      return (await made.h.data()) as Float32Array
    } finally {
      made.h.dispose()
    }
  }

  dispose(): void {
    free(this.#kept)
    this.#kept = []
  }
}

/** The rows of the prompt and of those that stay, in order. */
function narrowed(kept: Kept, prompt: number, places: readonly number[], stay: readonly number[]): Kept {
  const index = [...Array(prompt).keys(), ...stay.map((row) => prompt + places.indexOf(row))]
  const rows = tf.tensor1d(Int32Array.from(index), 'int32')
  return kept.map((layer) => layer && { k: tf.gather(layer.k, rows), v: tf.gather(layer.v, rows) })
}

/**
 * New rows of a pass through the layers.
 * @param places rows after the prompt, in the order of their keys: those in `before`, then the new ones
 * @returns normed rows for the head, [to - from, hidden], and the keys and values of all
 */
async function layers(
  { loaded, prompt, tree, adapterOn, pause }: TreeOptions,
  pass: ChoicePass,
  places: readonly number[],
  before: Kept,
): Promise<{ h: tf.Tensor2D; kept: Kept }> {
  const { weights, adapter, tables, plan } = loaded
  const config = plan.request.model
  const { lead, rows, tokens, positions } = rowsOf({ prompt, tree }, pass)
  const stream = new Stream({ config, weights, adapter: adapterOn ? adapter : null, positions, tables })
  const masks = new TreeMasks(prompt.length, tree, places, lead, rows)
  const kept: Kept = []
  let x = weights.embed(tokens)
  try {
    for (const [layer, { keysFrom }] of config.layers.entries()) {
      const next = tidy(() => {
        const context = stream.layer(layer)
        const shape = attentionShape(context)
        // Another layer's keys: all rows', the new ones' included.
        const given = keysFrom === layer ? null : kept[keysFrom]!
        let keys: KeysValues | null = null
        const { out } = layerForward(x, context, given, (q, k, v) => {
          const all = given ?? joined(before[layer], { k, v })
          if (!given) keys = all
          return attend(q, all, shape, masks)
        })
        return { out, keys: keys as KeysValues | null }
      })
      x.dispose()
      x = next.out
      kept.push(next.keys)
      await pause()
    }
    // The prompt's last row is the first that something follows.
    const first = Math.max(0, lead - 1)
    const h = tidy(
      () => stream.finalNorm(tf.slice2d(x, [first, 0], [pass.to - pass.from, config.hiddenSize])).y,
    )
    return { h, kept }
  } catch (error) {
    free(kept)
    throw error
  } finally {
    free(x)
    masks.dispose()
    stream.dispose()
  }
}

function joined(before: KeysValues | null | undefined, own: KeysValues): KeysValues {
  // Never the layer's own tensors: what is kept is disposed of apart from them.
  if (!before) return { k: tf.clone(own.k), v: tf.clone(own.v) }
  return { k: tf.concat2d([before.k, own.k], 0), v: tf.concat2d([before.v, own.v], 0) }
}

/** In blocks of queries, so that no array of scores is larger than a training pass has. */
function attend(q: tf.Tensor2D, { k, v }: KeysValues, shape: AttentionShape, masks: TreeMasks): tf.Tensor2D {
  const blocks: tf.Tensor2D[] = []
  for (let from = 0; from < q.shape[0]; from += QUERIES) {
    const rows = Math.min(QUERIES, q.shape[0] - from)
    const own = rows === q.shape[0] ? q : tf.slice2d(q, [from, 0], [rows, q.shape[1]])
    blocks.push(tidy(() => attendMasked(own, k, v, shape, masks.get(from, rows, shape.window))))
  }
  return blocks.length === 1 ? blocks[0]! : tf.concat2d(blocks, 0)
}

/** Additive masks of a pass: each row sees the prompt and its own path, as far back as its window goes. */
class TreeMasks {
  readonly #made = new Map<string, tf.Tensor3D>()
  readonly #keys: number
  /** By query: the keys it sees, itself first. */
  readonly #paths: number[][]

  constructor(
    prompt: number,
    { parent }: ChoiceTree,
    places: readonly number[],
    lead: number,
    rows: readonly number[],
  ) {
    this.#keys = prompt + places.length
    const keyOf = new Map(places.map((row, i) => [row, prompt + i]))
    const back = (key: number) => Array.from({ length: key + 1 }, (_, i) => key - i)
    const pathOf = (row: number): number[] => {
      const path: number[] = []
      for (; row > 0; row = parent[row]!) path.push(keyOf.get(row)!)
      return [...path, ...back(prompt - 1)]
    }
    this.#paths = [...Array.from({ length: lead }, (_, i) => back(i)), ...rows.map(pathOf)]
  }

  /** [queries, 1, keys], made once for each window. */
  get(from: number, queries: number, window: number | null): tf.Tensor3D {
    const key = `${from} ${window}`
    let mask = this.#made.get(key)
    if (!mask) {
      const values = new Float32Array(queries * this.#keys).fill(HIDDEN)
      for (let i = 0; i < queries; i++)
        for (const seen of this.#paths[from + i]!.slice(0, window ?? undefined))
          values[i * this.#keys + seen] = 0
      mask = tf.keep(tf.tensor3d(values, [queries, 1, this.#keys]))
      this.#made.set(key, mask)
    }
    return mask
  }

  dispose(): void {
    for (const mask of this.#made.values()) mask.dispose()
    this.#made.clear()
  }
}
