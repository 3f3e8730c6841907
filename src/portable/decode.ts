import * as tf from '@tensorflow/tfjs-core'
import type { GeneratedToken, GenerateOptions, PlanRequest } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type { Adapter } from './adapter.ts'
import { attendCached, attention, Masks } from './attention.ts'
import { type RopeTables, Stream } from './forward.ts'
import { allLogits } from './head.ts'
import { attentionShape, type KeysValues, keysMade, layerForward } from './layer.ts'
import { drawToken } from './sampling.ts'
import { free, tidy } from './tidy.ts'
import type { BaseWeights } from './weights.ts'

export interface Decoder {
  config: ModelConfig
  weights: BaseWeights
  /** Null: the base model answers. */
  adapter: Adapter | null
  tables: RopeTables
  room: NonNullable<PlanRequest['decode']>
  /** Runs a piece of work when the engine is free. */
  enqueue<T>(task: () => Promise<T>): Promise<T>
  pause(): Promise<void>
}

/** Keys and values of one sequence by layer, [length, kvHeads * headDim]; null of a layer that uses another's. */
type Cache = (KeysValues | null)[]

interface Sequence {
  /** Place among the prompts, and in its group: the row that its draws are made for. */
  prompt: number
  row: number
  cache: Cache
  token: number
  position: number
  left: number
}

/** Decodes prompts side by side, as many at a time as there is room for. */
export async function* generate(
  d: Decoder,
  prompts: readonly Uint32Array[],
  options: GenerateOptions,
  signal?: AbortSignal,
): AsyncGenerator<GeneratedToken> {
  prompts.forEach((prompt, i) => {
    if (prompt.length > 0 && prompt.length < d.room.positions) return
    fail(
      'bad_data',
      prompt.length === 0
        ? `Prompt ${i + 1} is empty.`
        : `Prompt ${i + 1} has ${prompt.length} tokens; there is room for ${d.room.positions - 1}.`,
      'Shorten the prompt.',
      { prompt: i, tokens: prompt.length },
    )
  })
  for (let first = 0; first < prompts.length; first += d.room.sequences) {
    const group = prompts.slice(first, first + d.room.sequences)
    let active: Sequence[] = []
    try {
      for (const [row, prompt] of group.entries())
        active.push({
          prompt: first + row,
          row,
          cache: await d.enqueue(() => prefill(d, prompt.subarray(0, -1), signal)),
          token: prompt.at(-1)!,
          position: prompt.length - 1,
          left: Math.min(options.maxNewTokens, d.room.positions - prompt.length),
        })
      active = await without(active, ({ left }) => left <= 0)
      while (active.length > 0) {
        const running = active
        const drawn = await d.enqueue(() => step(d, running, options, signal))
        for (const [i, sequence] of running.entries()) {
          const token = drawn[i]!
          sequence.token = token
          sequence.position++
          sequence.left--
          const stop = options.stopTokens.includes(token)
          const finish = stop ? 'stop' : sequence.left === 0 ? 'length' : undefined
          if (finish) sequence.left = 0
          yield { prompt: sequence.prompt, token, ...(finish ? { finish } : {}) }
        }
        active = await without(active, ({ left }) => left === 0)
      }
    } finally {
      for (const { cache } of active) free(cache)
    }
  }
}

async function without(sequences: Sequence[], done: (sequence: Sequence) => boolean): Promise<Sequence[]> {
  for (const sequence of sequences) if (done(sequence)) free(sequence.cache)
  return sequences.filter((sequence) => !done(sequence))
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

/** One new token of each sequence. */
async function step(
  d: Decoder,
  sequences: readonly Sequence[],
  options: GenerateOptions,
  signal?: AbortSignal,
): Promise<number[]> {
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
    return sequences.map(({ position, row }, i) =>
      drawToken(logits.subarray(i * config.vocabSize, (i + 1) * config.vocabSize), options, position, row),
    )
  } finally {
    free(x)
    stream.dispose()
  }
}
