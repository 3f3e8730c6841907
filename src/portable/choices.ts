/**
 * Choices over the tree of their beginnings, see `choiceTree`: rows attend through a mask that shows each its own path. Keys and values
 * of the prompt, and of rows that later ones still see, are kept from pass to pass.
 */
import * as tf from '@tensorflow/tfjs-core'
import { type ChoicePass, type ChoiceTree, choicePasses, choiceScores, choiceTree } from '../model/choices.ts'
import type { AdapterOption, ChoiceScores } from '../protocol/engine.ts'
import { type AttentionShape, attendMasked, HIDDEN, QUERIES } from './attention.ts'
import { Stream } from './forward.ts'
import { capped, head } from './head.ts'
import { attentionShape, type KeysValues, layerForward } from './layer.ts'
import type { Loaded } from './pass.ts'
import { free, tidy } from './tidy.ts'

/** Keys and values by layer, [rows so far, kvHeads * headDim]; null of a layer that uses another's. */
type Kept = (KeysValues | null)[]

interface Scorer {
  loaded: Loaded
  prompt: Uint32Array
  tree: ChoiceTree
  options: AdapterOption
  pause(): Promise<void>
}

/** See `Engine.scoreChoices`. */
export async function scoreChoices(
  loaded: Loaded,
  prompt: Uint32Array,
  choices: readonly Uint32Array[],
  options: AdapterOption,
  pause: () => Promise<void>,
): Promise<ChoiceScores> {
  const { model, maxTokens } = loaded.plan.request
  const tree = choiceTree(prompt, choices, model.vocabSize)
  if (choices.length === 0) return { logProbability: [], tokens: 0, rows: 0 }
  const passes = choicePasses(tree, prompt.length, { tokens: maxTokens, edges: Number.POSITIVE_INFINITY })
  const scorer = { loaded, prompt, tree, options, pause }
  const logs = new Float32Array(tree.words.length)
  let kept: Kept = []
  /** Of the rows in `kept`: those after the prompt. */
  let held: number[] = []
  try {
    for (const [i, pass] of passes.entries()) {
      const places = [...held, ...rowsOf(pass)]
      const made = await layers(scorer, pass, places, kept)
      free(kept)
      kept = made.kept
      try {
        await words(scorer, pass, made.h, logs)
      } finally {
        made.h.dispose()
      }
      held = passes[i + 1]?.kept ?? []
      const whole = kept
      kept = tidy(() => narrowed(whole, prompt.length, places, held))
      free(whole)
    }
  } finally {
    free(kept)
  }
  const rows = tree.depth.length
  return { logProbability: choiceScores(tree, logs), tokens: prompt.length + rows - 1, rows }
}

/** Rows of a pass that are no tokens of the prompt. */
const rowsOf = ({ from, to }: ChoicePass) =>
  Array.from({ length: to - Math.max(1, from) }, (_, i) => Math.max(1, from) + i)

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
  { loaded, prompt, tree, options, pause }: Scorer,
  { from, to }: ChoicePass,
  places: readonly number[],
  before: Kept,
): Promise<{ h: tf.Tensor2D; kept: Kept }> {
  const { weights, adapter, tables, plan } = loaded
  const config = plan.request.model
  const lead = from === 0 ? prompt.length : 0
  const rows = rowsOf({ from, to, kept: [] })
  const tokens = Uint32Array.from([...prompt.subarray(0, lead), ...rows.map((row) => tree.tokens[row]!)])
  const positions = Uint32Array.from([
    ...Array(lead).keys(),
    ...rows.map((row) => prompt.length - 1 + tree.depth[row]!),
  ])
  const stream = new Stream({
    config,
    weights,
    adapter: options.adapter === 'off' ? null : adapter,
    positions,
    tables,
  })
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
    const h = tidy(() => stream.finalNorm(tf.slice2d(x, [first, 0], [to - from, config.hiddenSize])).y)
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

/** Log-probabilities of what follows the rows of a pass, into `logs`: each row through the head once, as many at a time as were planned. */
async function words(
  { loaded, tree, pause }: Scorer,
  { from, to }: ChoicePass,
  h: tf.Tensor2D,
  logs: Float32Array,
): Promise<void> {
  const { weights, plan } = loaded
  const { maxSupervised: most, model } = plan.request
  const { edgeStart } = tree
  for (let first = from; first < to; first += most) {
    const end = Math.min(to, first + most)
    const own = tidy(() => tf.slice2d(h, [first - from, 0], [end - first, h.shape[1]]))
    try {
      // Of each row the first word that follows: from its probability and its logit comes what all others are normalised by.
      const labels = Int32Array.from({ length: end - first }, (_, i) => tree.words[edgeStart[first + i]!]!)
      const found = await head(own, labels, weights, model.finalSoftCap, false, pause)
      const known = await found.logProbability.data()
      free(found)
      const base = await logitsOf(own, Int32Array.from(labels.keys()), labels, weights, model.finalSoftCap)
      for (let edge = edgeStart[first]!; edge < edgeStart[end]!; edge += most) {
        const last = Math.min(edgeStart[end]!, edge + most)
        const rows = rowOfEdges(edgeStart, first, edge, last)
        const following = Int32Array.from(tree.words.subarray(edge, last))
        const logits = await logitsOf(own, rows, following, weights, model.finalSoftCap)
        rows.forEach((row, i) => {
          logs[edge + i] = known[row]! + (logits[i]! - base[row]!)
        })
      }
      await pause()
    } finally {
      own.dispose()
    }
  }
}

/** Row, counted from `first`, of each edge. */
function rowOfEdges(edgeStart: Uint32Array, first: number, edge: number, last: number): Int32Array {
  let row = first
  return Int32Array.from({ length: last - edge }, (_, i) => {
    while (edgeStart[row + 1]! <= edge + i) row++
    return row - first
  })
}

/** One word of each row. */
async function logitsOf(
  h: tf.Tensor2D,
  rows: Int32Array,
  words: Int32Array,
  weights: Loaded['weights'],
  softCap: number | null,
): Promise<Float32Array> {
  const l = tidy(() => {
    const picked = tf.gather(h, tf.tensor1d(rows, 'int32'))
    const dots = tf.sum(tf.mul<tf.Tensor2D>(picked, weights.headRows(words)), 1, true)
    return capped(dots, softCap).l
  })
  try {
    return (await l.data()) as Float32Array
  } finally {
    l.dispose()
  }
}
