import * as tf from '@tensorflow/tfjs-core'
import { attendCached, attention, Masks } from './attention.ts'
import type { DecodeRow, DecodeRun, Decoder } from './decoder.ts'
import { Stream } from './forward.ts'
import { allLogits } from './head.ts'
import { attentionShape, type KeysValues, keysMade, layerForward } from './layer.ts'
import { free, tidy } from './tidy.ts'

/** Keys and values of one sequence by layer, [length, kvHeads * headDim]; null of a layer that uses another's. */
type Cache = (KeysValues | null)[]

/** Decoding in TensorFlow.js: caches grow by being copied. */
export class TensorRun implements DecodeRun {
  readonly #decoder: Decoder
  /** By slot. */
  readonly #caches = new Map<number, Cache>()

  constructor(decoder: Decoder) {
    this.#decoder = decoder
  }

  async read(slot: number, tokens: Uint32Array, signal?: AbortSignal): Promise<void> {
    this.#caches.set(slot, await prefill(this.#decoder, tokens, signal))
  }

  step(rows: readonly DecodeRow[], signal?: AbortSignal): Promise<Float32Array[]> {
    const sequences = rows.map((row) => ({ ...row, cache: this.#caches.get(row.slot)! }))
    return step(this.#decoder, sequences, signal)
  }

  forget(slot: number): void {
    free(this.#caches.get(slot))
    this.#caches.delete(slot)
  }
}

interface Sequence extends DecodeRow {
  cache: Cache
}

/** Caches of a prompt's tokens but the last, which decoding begins with. */
async function prefill(d: Decoder, tokens: Uint32Array, signal?: AbortSignal): Promise<Cache> {
  const { config } = d
  const cache: Cache = []
  if (tokens.length === 0) {
    return config.layers.map(({ keysFrom, kvHeads, headDim }, layer) => {
      const none = () => tf.keep(tf.zeros([0, kvHeads * headDim]) as tf.Tensor2D)
      return keysFrom === layer ? { k: none(), v: none() } : null
    })
  }
  const stream = new Stream({ ...d, positions: tokens.map((_, i) => i) })
  const masks = new Masks()
  const segments = [{ start: 0, length: tokens.length }]
  let x = d.weights.embed(tokens)
  try {
    for (const [layer, { keysFrom }] of config.layers.entries()) {
      signal?.throwIfAborted()
      const next = tidy(() => {
        const context = stream.layer(layer)
        const { out, saved } = layerForward(x, context, cache[keysFrom] ?? null, (q, k, v) =>
          attention(q, k, v, { shape: attentionShape(context), segments, masks }),
        )
        return { out, keys: keysMade(saved) }
      })
      x.dispose()
      x = next.out
      cache.push(next.keys)
      await d.pause()
    }
    return cache
  } catch (error) {
    free(cache)
    throw error
  } finally {
    free(x)
    masks.dispose()
    stream.dispose()
  }
}

/** Keys and values with one row more. */
function appended(before: KeysValues, { k, v }: KeysValues): KeysValues {
  const join = (all: tf.Tensor2D, row: tf.Tensor2D) =>
    all.shape[0] === 0 ? tf.clone(row) : tf.concat2d([all, row], 0)
  return { k: join(before.k, k), v: join(before.v, v) }
}

/** Logits after one token of each sequence. */
async function step(
  d: Decoder,
  sequences: readonly Sequence[],
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const { config, weights } = d
  const positions = Uint32Array.from(sequences, ({ position }) => position)
  const stream = new Stream({ ...d, positions })
  let x = weights.embed(Uint32Array.from(sequences, ({ token }) => token))
  try {
    for (const [layer, { keysFrom }] of config.layers.entries()) {
      signal?.throwIfAborted()
      const context = stream.layer(layer)
      const shape = attentionShape(context)
      const next = tidy(() => {
        const grown: KeysValues[] = []
        // Another layer's keys: each sequence's cache holds them, this step's included.
        const given = keysFrom === layer ? null : sequences[0]!.cache[keysFrom]!
        const { out } = layerForward(x, context, given, (q, k, v) => {
          const rows = sequences.map(({ cache }, i) => {
            const row = (of: tf.Tensor2D) => tf.slice2d(of, [i, 0], [1, of.shape[1]])
            if (!given) grown.push(appended(cache[layer]!, { k: row(k), v: row(v) }))
            const { k: keys, v: values } = given ? cache[keysFrom]! : grown[i]!
            return attendCached(row(q), keys, values, shape)
          })
          return rows.length === 1 ? rows[0]! : tf.concat2d(rows, 0)
        })
        return { out, grown }
      })
      x.dispose()
      x = next.out
      if (keysFrom === layer)
        sequences.forEach(({ cache }, i) => {
          free(cache[layer])
          cache[layer] = next.grown[i]!
        })
      await d.pause()
    }
    const h = tidy(() => stream.finalNorm(x).y)
    const logits = await allLogits(h, weights, config.vocabSize, config.finalSoftCap, d.pause)
    h.dispose()
    return sequences.map((_, i) => logits.subarray(i * config.vocabSize, (i + 1) * config.vocabSize))
  } finally {
    free(x)
    stream.dispose()
  }
}
